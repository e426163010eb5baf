// One key for each tool, as long as nobody is typing, and unless they are switched off: somebody who speaks to the
// machine, or whose hand trembles, would press them unawares (WCAG 2.2, 2.1.4).
import { element } from "./dom.js";

const NAMES = { ArrowLeft: "←", ArrowRight: "→" };

export function bindKeys(list, tools) {
  const all = Object.values(tools);
  const on = element("input", { type: "checkbox", checked: true, id: "keys-on" });
  list.before(element("label", { className: "switch" }, on, " Use these keys"));
  list.append(...all.flatMap(({ key, name }) => [element("dt", {}, element("kbd", { textContent: NAMES[key] ?? key })), element("dd", { textContent: name })]));
  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
    const tool = all.find(({ key }) => key === event.key);
    if (!tool || tool.button?.disabled || tool.button?.hidden) return;
    event.preventDefault();
    tool.act();
  });
}
