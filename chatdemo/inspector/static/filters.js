// Which events are listed: of whom, of which kind, and with which text in them.
import { element } from "./dom.js";
import { isBeat } from "./journeys.js";
import { line } from "./words.js";

const KINDS = {
  news: "all but heartbeats",
  "": "all kinds",
  frames: "frames",
  layer: "the layer's events",
  connections: "connections",
  trouble: "errors and losses",
  http: "HTTP",
};
const OF = {
  frames: ["receive", "send"],
  layer: ["group_add", "group_discard", "group_send", "layer_send", "layer_receive", "full", "freeze", "thaw"],
  connections: ["connect", "accept", "refuse", "close", "disconnect"],
  trouble: ["error", "refuse", "full", "dropped"],
  http: ["http"],
};

export class Filters {
  constructor(form, changed) {
    this.kind = element("select", { id: "filter-kind" }, ...Object.entries(KINDS).map(([value, textContent]) => element("option", { value, textContent })));
    this.who = element("select", { id: "filter-who" }, element("option", { value: "", textContent: "everybody" }));
    this.text = element("input", { id: "filter-text", type: "search", placeholder: "text in the event", autocomplete: "off" });
    form.append(labelled("Kind", this.kind), labelled("Participant", this.who), labelled("Text", this.text));
    form.oninput = changed;
    form.onsubmit = (event) => event.preventDefault();
  }

  // The participants to choose from.
  offer(people) {
    const known = people.filter((person) => person.number);
    const key = known.map((person) => `${person.id} ${person.number}`).join();
    if (key === this.offered) return;
    this.offered = key;
    const { value } = this.who;
    const options = known.map((person) => element("option", { value: person.id, textContent: `browser ${person.number} in ${person.place}` }));
    this.who.replaceChildren(this.who.options[0], ...options);
    this.who.value = known.some((person) => String(person.id) === value) ? value : "";
  }

  // A function that says of an event whether it is listed.
  matcher(room) {
    const kinds = OF[this.kind.value];
    const beats = this.kind.value !== "news";
    const who = this.who.value;
    const text = this.text.value.trim().toLowerCase();
    return (event) =>
      (!room || event.room === room || event.room === undefined) &&
      (!kinds || kinds.includes(event.what)) &&
      (beats || !isBeat(event)) &&
      (!who || String(event.connection) === who) &&
      (!text || `${event.what} ${event.consumer ?? ""} ${line(event)}`.toLowerCase().includes(text));
  }
}

function labelled(text, control) {
  return element("label", {}, `${text} `, control);
}
