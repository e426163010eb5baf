// The chart under a lesson's tabs: for each element with data-feed, the address of its room's feed.
import { mountChart } from "./mount.js";

for (const element of document.querySelectorAll("[data-feed]")) mountChart(element, { feed: element.dataset.feed });
