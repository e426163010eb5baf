// The events, the newest first: as many as one looks through, with a way to more.
import { button, element, oneStop, setStop, sync, typed, write } from "./dom.js";
import { Detail } from "./detail.js";
import { Filters } from "./filters.js";
import { disc } from "./heads.js";
import { clock, count, cut, line, source } from "./words.js";

const PAGE = 100; // rows at first, and at each request for more
const LONGEST = 200; // characters of a row

export class Events {
  // `again` asks for a rendering, `choose(journey)` shows one in the chart.
  constructor(root, form, again, choose) {
    this.choose = choose;
    this.filters = new Filters(form, () => this.reset(again));
    this.list = element("ol", { className: "events", ariaLabel: "Events, the newest first" });
    this.more = button("Show older ones", () => this.showMore(again));
    this.none = element("p", { className: "none" });
    this.detail = new Detail(root, "Point at an event, or go to it with the keyboard, to see all of it.");
    oneStop(this.list);
    root.append(this.list, this.none, this.more);
    this.most = PAGE;
  }

  reset(again) {
    this.most = PAGE;
    again();
  }

  showMore(again) {
    this.most += PAGE * 2;
    again();
  }

  render(tape, room) {
    this.filters.offer([...tape.people.all.values()]);
    const matches = this.filters.matcher(room);
    const found = [];
    let older = false;
    for (let index = tape.events.length - 1; index >= 0 && !older; index -= 1) {
      if (!matches(tape.events[index])) continue;
      if (found.length < this.most) found.push(tape.events[index]);
      else older = true;
    }
    this.more.hidden = !older;
    sync(this.list, found, (event) => `${tape.epoch} ${event.n}`, (event) => this.make(event, tape.people), () => {});
    setStop(this.list);
    write(this.none, found.length ? "" : tape.events.length ? `None of the ${count(tape.events.length, "event")} is of that kind.` : "Nothing has happened yet.");
  }

  make(event, people) {
    const person = people.find(event.connection);
    const row = element("button", { type: "button", className: "event", tabIndex: -1 },
      element("time", { textContent: clock(event.at) }), disc(person?.number ?? 0),
      element("b", { textContent: event.what }), element("span", { className: "source", textContent: source(event) }),
      typed(cut(line(event).replace(/\s+/g, " "), LONGEST), "line"));
    for (const type of ["focus", "pointerenter"]) row.addEventListener(type, () => this.detail.show(event));
    if (event.journey) row.addEventListener("click", () => this.choose(event.journey));
    return element("li", { data: { what: event.what, n: event.n } }, row);
  }
}
