// The sequence chart of one journey: heads of the lanes, a row for each hop, and what came of it.
import { element, oneStop, setStop, typed, write } from "./dom.js";
import { hopsOf } from "./hops.js";
import { REST, lanesOf } from "./lanes.js";
import { heads, lifelines, showQueues } from "./heads.js";
import { Player } from "./player.js";
import { restRow, row, updateRest } from "./row.js";
import { reached, summary } from "./summary.js";

const MOST = 200; // hops that are drawn
const TIGHT = 4.6; // lanes narrower than this, in em of the root, have numbers for names
const NARROW = 30; // a chart narrower than this, in em of the root, has lanes for fewer participants
const MANY = 8; // hops from which on the rows are lower

export class Chart {
  // `detail` shows the event that has the focus or the pointer.
  constructor(root, detail) {
    this.detail = detail;
    this.who = element("strong");
    this.reach = element("span", { className: "reach" });
    this.caption = element("p", { className: "caption", role: "status" }, this.who, " ", this.reach);
    this.heads = element("div", { className: "heads" });
    this.lifelines = element("div", { className: "lifelines", ariaHidden: "true" });
    this.rows = element("ol", { className: "hops", ariaLabel: "Hops, in order" });
    this.outcome = element("div", { className: "outcome", ariaHidden: "true" });
    this.hint = element("p", { className: "hint" });
    this.stage = element("div", { className: "stage" }, this.lifelines, this.heads, this.rows, this.outcome, this.hint);
    root.append(this.caption, this.stage);
    this.player = new Player();
    this.fit();
    oneStop(this.rows);
    new ResizeObserver(() => this.resized()).observe(this.stage);
  }

  // Draws the journey as it is now, or, without one, who is in `place`.
  show(tape, journey, place, hint) {
    this.shown = [tape, journey, place, hint];
    const hops = journey ? hopsOf(journey, tape.people) : [];
    const { lanes, shown, rest } = lanesOf(tape, place, journey ? journey.at : Infinity, hops, this.narrow ? 4 : 8);
    const drawn = `${tape.epoch} ${journey?.id} ${lanes.map((lane) => [lane.key, lane.title, lane.note, lane.frozen]).join()}`;
    if (drawn !== this.drawn) this.start(lanes, this.journey === journey && this.tape === tape);
    Object.assign(this, { drawn, journey, tape });
    this.grow(hops, new Set(rest.map((person) => person.id)));
    this.conclude(journey, hops, shown, [...shown, ...rest]);
    showQueues(this.heads, tape.state.channels);
    write(this.hint, hint);
    this.hint.hidden = Boolean(journey) || !hint;
  }

  start(lanes, same) {
    this.lanes = lanes;
    this.places = new Map(lanes.map((lane, index) => [lane.key, (index + 0.5) / lanes.length]));
    this.heads.replaceChildren(...heads(lanes));
    this.lifelines.replaceChildren(...lifelines(lanes));
    this.rows.replaceChildren();
    this.done = 0;
    this.rest = null;
    this.player.begin(same ? 0 : 1);
    this.fit();
  }

  grow(hops, rest) {
    this.stage.classList.toggle("many", hops.length > MANY);
    for (; this.done < Math.min(hops.length, MOST); this.done += 1) this.add(hops[this.done], hops[this.done - 1], rest);
    this.rows.classList.toggle("cut", hops.length > MOST);
    this.rows.dataset.more = hops.length > MOST ? `and ${hops.length - MOST} more hops: see the events` : "";
    this.player.end();
  }

  add(hop, before, rest) {
    if (rest.has(hop.event.connection) && !this.places.has(hop.from) | !this.places.has(hop.to)) return this.addRest(hop, before);
    const places = [this.places.get(hop.from) ?? 0.5, this.places.get(hop.to) ?? 0.5];
    this.place(row(hop, before?.event, places, this.lanes), hop);
  }

  // All that happens to the rest is one row, which counts.
  addRest(hop, before) {
    if (!this.rest) {
      const to = this.places.get(REST);
      const made = restRow(hop, before?.event, [this.places.get(hop.from) ?? to, to]);
      this.rest = { row: made, hops: [] };
      this.place(made, hop);
    }
    this.rest.hops.push(hop);
    updateRest(this.rest.row, this.rest.hops);
  }

  place(made, hop) {
    made.firstElementChild.tabIndex = -1;
    for (const type of ["focusin", "pointerenter"]) made.addEventListener(type, () => this.detail.show(hop.event));
    this.player.add(made);
    this.rows.append(made);
    setStop(this.rows);
  }

  // Who got something, by a mark under each browser's lane.
  conclude(journey, hops, shown, everyone) {
    if (!journey) {
      write(this.who, "");
      write(this.reach, "");
      return this.outcome.replaceChildren();
    }
    const { who, reach } = summary(journey, hops, everyone);
    if (this.said !== `${who} ${journey.text}`) this.who.replaceChildren(who ? `${who}: ` : "", typed(journey.text, "said"));
    this.said = `${who} ${journey.text}`;
    write(this.reach, reach);
    const got = new Set(reached(hops));
    this.outcome.replaceChildren(...shown.map((person) => this.mark(person, got.has(person.id))));
  }

  mark(person, got) {
    const mark = got ? element("span", { className: "got" }, "✓", element("i", { textContent: " got it" })) : element("span", { className: "nothing", textContent: this.lanes.some((lane) => lane.frozen) ? "not yet" : "nothing" });
    mark.style.left = `${this.places.get(`browser ${person.id}`) * 100}%`;
    return mark;
  }

  // Once more from the beginning, at a speed for eyes.
  replay() {
    this.player.replay([...this.rows.children]);
  }

  // In another width there is room for other lanes.
  resized() {
    const before = this.narrow;
    this.fit();
    if (this.narrow !== before && this.shown) this.show(...this.shown);
  }

  fit() {
    const root = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.narrow = this.stage.clientWidth < NARROW * root;
    this.stage.classList.toggle("tight", this.lifelines.clientWidth / (this.lanes?.length || 1) < TIGHT * root);
  }
}
