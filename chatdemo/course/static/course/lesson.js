// The lesson page: joins its parts.
import { copyOnClick } from "./copy.js";
import { LayerConsole } from "./layer.js";
import { Tab } from "./tab.js";

const tabs = Array.from(document.querySelectorAll(".tab"), (element) => new Tab(element));
for (const button of document.querySelectorAll("[data-copy]")) copyOnClick(button);
for (const element of document.querySelectorAll(".layer-console")) new LayerConsole(element);

// In their order: who connects first is browser 1 in the chart below.
for (const tab of tabs) await tab.begin();
