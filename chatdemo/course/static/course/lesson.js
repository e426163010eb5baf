// The lesson's page: its tabs, the console on the channel layer, and the buttons that copy a file's code.
import { LayerConsole } from "./layer-console.js";
import { LessonTab } from "./lesson-tab.js";

const COPY_RESULT_MS = 2_000; // time for which a button shows whether it has copied

// The text to copy is in the element whose id is in data-copy, as json_script writes it.
function setUpCopyButton(button) {
  const label = button.querySelector("span");
  const usualText = label.textContent;
  const text = JSON.parse(document.getElementById(button.dataset.copy).textContent);
  button.onclick = async () => {
    label.textContent = (await copy(text)) ? "Copied" : "Couldn't copy";
    setTimeout(() => (label.textContent = usualText), COPY_RESULT_MS);
  };
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// Browsers have navigator.clipboard only over HTTPS and on this computer. A class comes over HTTP from other computers.
function copyBySelection(text) {
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  return isCopied;
}

const tabs = Array.from(document.querySelectorAll(".tab"), (element) => new LessonTab(element));
for (const button of document.querySelectorAll("[data-copy]")) setUpCopyButton(button);
for (const element of document.querySelectorAll(".layer-console")) new LayerConsole(element);

// One after another: the first that connects is browser 1 in the chart below.
for (const tab of tabs) await tab.loadFirstPage();
