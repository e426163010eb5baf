// One key for each tool, as long as nobody is typing.
import { element } from "./dom.js";

const NAMES = { ArrowLeft: "←", ArrowRight: "→" };

export function bindKeys(list, tools) {
  const all = Object.values(tools);
  list.append(...all.flatMap(({ key, name }) => [element("dt", {}, element("kbd", { textContent: NAMES[key] ?? key })), element("dd", { textContent: name })]));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
    const tool = all.find(({ key }) => key === event.key);
    if (!tool || tool.button?.disabled || tool.button?.hidden) return;
    event.preventDefault();
    tool.act();
  });
}
