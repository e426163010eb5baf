// The lesson page: joins its parts.
import { copyOnClick } from "./copy.js";
import { LayerConsole } from "./layer.js";
import { Tab } from "./tab.js";

for (const element of document.querySelectorAll(".tab")) new Tab(element);
for (const button of document.querySelectorAll("[data-copy]")) copyOnClick(button);
for (const element of document.querySelectorAll(".layer-console")) new LayerConsole(element);
