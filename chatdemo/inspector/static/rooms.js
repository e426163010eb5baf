// The choice of a room: what the chart and the lists are about.
import { element } from "./dom.js";
import { cut } from "./words.js";

export class Rooms {
  constructor(select, changed) {
    this.select = select;
    this.select.onchange = changed;
  }

  // The chosen one, null for whichever is the newest.
  get chosen() {
    return this.select.value || null;
  }

  render(tape) {
    const names = [...new Set([...tape.people.all.values()].map((person) => person.place).filter(Boolean))].sort();
    if (this.chosen && !names.includes(this.chosen)) names.push(this.chosen);
    if (names.join("\n") === this.shown) return;
    this.shown = names.join("\n");
    const { value } = this.select;
    const options = names.map((name) => element("option", { value: name, textContent: cut(name, 40), title: name }));
    this.select.replaceChildren(this.select.options[0], ...options);
    this.select.value = value;
  }
}
