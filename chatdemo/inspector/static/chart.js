// The sequence chart of one journey: the lanes with their heads, a row for each hop, and who got the message.
import { element, isolated, setText } from "./common/dom.js";
import { formatCount, joinWithAnd } from "./format.js";
import { hopRow, hopsOf, restRow, updateRestRow } from "./chart-rows.js";
import { REST_LANE, laneHeads, laneLines, layOutLanes, placesToName, updateQueues } from "./chart-lanes.js";
import { addRovingFocus, setTabStop } from "./list-elements.js";

const MAX_HOPS = 200;
const MIN_LANE_EM = 4.6; // narrower lanes show numbers instead of names; in em of the root
const MIN_CHART_EM = 30; // a narrower chart has lanes for fewer participants; in em of the root
const MAX_PARTICIPANTS = 8;
const MAX_PARTICIPANTS_IF_NARROW = 4;
const MAX_HIGH_ROWS = 8; // with more hops the rows are lower
const MAX_NUMBERS = 4; // browsers that are listed by number

export class Chart {
  // `detail` shows the event that has the focus or the pointer.
  constructor(root, detail) {
    this.detail = detail;
    this.title = element("strong");
    this.summary = element("span", { className: "reach" });
    this.caption = element("p", { className: "caption", role: "status" }, this.title, " ", this.summary);
    this.heads = element("div", { className: "heads" });
    this.lines = element("div", { className: "lifelines", ariaHidden: "true" });
    this.rows = element("ol", { className: "hops", ariaLabel: "Hops, in order" });
    this.outcome = element("div", { className: "outcome", ariaHidden: "true" });
    this.hint = element("p", { className: "hint" });
    this.stage = element("div", { className: "stage" }, this.lines, this.heads, this.rows, this.outcome, this.hint);
    root.append(this.caption, this.stage, detail.root);
    this.animation = new HopAnimation();
    this.measure();
    addRovingFocus(this.rows);
    new ResizeObserver(() => this.onResize()).observe(this.stage);
  }

  // Draws the journey. Without a journey: the participants in `place`, and the hint.
  render(recording, journey, place, hint) {
    this.lastArguments = [recording, journey, place, hint];
    const hops = journey ? hopsOf(journey, recording.participants) : [];
    const maxShown = this.isNarrow ? MAX_PARTICIPANTS_IF_NARROW : MAX_PARTICIPANTS;
    const { lanes, shown, rest } = layOutLanes(recording, place, journey ? journey.at : Infinity, hops, maxShown);
    const drawingKey = `${recording.epoch} ${journey?.id} ${lanes.map((lane) => [lane.key, lane.title, lane.note, lane.isFrozen]).join()}`;
    if (drawingKey !== this.drawingKey) this.drawLanes(lanes, this.journey === journey && this.recording === recording);
    Object.assign(this, { drawingKey, journey, recording });
    this.addNewHops(hops, new Set(rest.map(({ id }) => id)));
    this.renderOutcome(journey, hops, shown, [...shown, ...rest]);
    updateQueues(this.heads, recording.state.channels);
    setText(this.hint, hint);
    this.hint.hidden = Boolean(journey) || !hint;
  }

  drawLanes(lanes, isSameJourney) {
    this.lanes = lanes;
    this.places = new Map(lanes.map((lane, index) => [lane.key, (index + 0.5) / lanes.length])); // of the lanes' middles
    this.heads.replaceChildren(...laneHeads(lanes));
    this.lines.replaceChildren(...laneLines(lanes));
    this.rows.replaceChildren();
    this.drawnHops = 0;
    this.rest = null;
    this.animation.reset(!isSameJourney);
    this.measure();
  }

  addNewHops(hops, restIds) {
    this.stage.classList.toggle("many", hops.length > MAX_HIGH_ROWS);
    for (; this.drawnHops < Math.min(hops.length, MAX_HOPS); this.drawnHops += 1) this.addHop(hops[this.drawnHops], hops[this.drawnHops - 1], restIds);
    this.rows.classList.toggle("cut", hops.length > MAX_HOPS);
    this.rows.dataset.more = hops.length > MAX_HOPS ? `and ${hops.length - MAX_HOPS} more hops: see the events` : "";
    this.animation.playQueued();
  }

  addHop(hop, before, restIds) {
    const hasLanes = this.places.has(hop.from) && this.places.has(hop.to);
    if (restIds.has(hop.event.connection) && !hasLanes) return this.addRestHop(hop, before);
    const places = [this.places.get(hop.from) ?? 0.5, this.places.get(hop.to) ?? 0.5];
    this.addRow(hopRow(hop, before?.event, places, this.lanes), hop);
  }

  // All hops of participants without a lane are in one row, which counts them.
  addRestHop(hop, before) {
    if (!this.rest) {
      const to = this.places.get(REST_LANE);
      const row = restRow(hop, before?.event, [this.places.get(hop.from) ?? to, to]);
      this.rest = { row, hops: [] };
      this.addRow(row, hop);
    }
    this.rest.hops.push(hop);
    updateRestRow(this.rest.row, this.rest.hops);
  }

  addRow(row, hop) {
    row.firstElementChild.tabIndex = -1;
    for (const type of ["focusin", "pointerenter"]) row.addEventListener(type, () => this.detail.show(hop.event));
    this.animation.queue(row);
    this.rows.append(row);
    setTabStop(this.rows);
  }

  // The caption, and a mark under each browser's lane that says whether it got the message.
  renderOutcome(journey, hops, shown, everyone) {
    if (!journey) {
      setText(this.title, "");
      setText(this.summary, "");
      return this.outcome.replaceChildren();
    }
    const placeOf = placesToName(everyone);
    const names = new Map(everyone.map((participant) => [participant.id, [participant.number, placeOf(participant)].filter(Boolean).join(" in ")]));
    const sender = names.get(hops[0].event.connection);
    const titleKey = `${sender} ${journey.title}`;
    if (this.titleKey !== titleKey) this.title.replaceChildren(sender ? `Browser ${sender}: ` : "", isolated(journey.title, "said"));
    this.titleKey = titleKey;
    const reached = new Set(hops.filter(({ event }) => event.what === "send").map(({ event }) => event.connection));
    const reachedNames = everyone.filter(({ id }) => reached.has(id)).map(({ id }) => names.get(id));
    setText(this.summary, summarise(hops, reachedNames.filter(Boolean), sender, everyone.length));
    this.outcome.replaceChildren(...shown.map(({ id }) => this.outcomeMark(id, reached.has(id))));
  }

  outcomeMark(id, isReached) {
    const missing = this.lanes.some(({ isFrozen }) => isFrozen) ? "not yet" : "nothing";
    const mark = isReached
      ? element("span", { className: "got" }, "✓", element("i", { textContent: " got it" }))
      : element("span", { className: "nothing", textContent: missing });
    mark.style.left = `${this.places.get(`browser ${id}`) * 100}%`;
    return mark;
  }

  playAgain() {
    this.animation.replay([...this.rows.children]);
  }

  // At another width there is space for more or fewer lanes.
  onResize() {
    const wasNarrow = this.isNarrow;
    this.measure();
    if (this.isNarrow !== wasNarrow && this.lastArguments) this.render(...this.lastArguments);
  }

  measure() {
    const em = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.isNarrow = this.stage.clientWidth < MIN_CHART_EM * em;
    this.stage.classList.toggle("tight", this.lines.clientWidth / (this.lanes?.length || 1) < MIN_LANE_EM * em);
  }
}

// Who got the message and through which groups, in a sentence. `reached` are the browsers, by their numbers.
function summarise(hops, reached, sender, total) {
  if (hops.some(({ event }) => event.what === "error")) return "It failed: see the error.";
  const groups = [...new Set(hops.filter(({ event }) => event.what === "group_send").map(({ event }) => event.group))];
  const lost = hops.filter(({ event }) => event.what === "full").length;
  const loss = lost ? ` ${formatCount(lost, "event was", "events were")} lost because a channel was full.` : "";
  const subject = groups.length ? `Through ${groups.length > 1 ? "the groups" : "the group"} ${joinWithAnd(groups)} it` : "It";
  if (!reached.length) return groups.length ? `${subject} has reached no browser yet.${loss}` : "No browser has got an answer yet.";
  if (!groups.length && reached.length === 1 && reached[0] === sender) return `Only browser ${sender} got an answer: directly from its own consumer, without a group.`;
  return `${subject} reached ${browsers(reached, total)}.${loss}`;
}

function browsers(reached, total) {
  if (total === 1) return `browser ${reached[0]}`;
  const list = reached.length <= MAX_NUMBERS ? `: ${joinWithAnd(reached)}` : "";
  if (reached.length === total && total === 2) return `both browsers${list}`;
  if (reached.length === total && total > 2) return `all ${total} browsers`;
  return `${reached.length} of ${formatCount(total, "browser")}${list}`;
}

// Shows the rows of hops one after another, slowly enough to follow. If the visitor prefers reduced motion, the style
// sheet has no animation.
class HopAnimation {
  static HOP_MS = 320;
  static MAX_BATCH_MS = 2_600; // with thirty participants, a hop is faster

  constructor() {
    this.endsAt = 0; // when the rows that play now have ended
    this.rows = [];
  }

  // Begins a new drawing. With `isNew` its first rows are animated; else they are only drawn again.
  reset(isNew) {
    this.isAnimated = isNew;
    this.endsAt = 0;
    this.rows = [];
  }

  queue(row) {
    this.rows.push(row);
  }

  playQueued() {
    if (this.isAnimated && this.rows.length) this.play(this.rows);
    this.isAnimated = true; // rows that are added after the first drawing are new
    this.rows = [];
  }

  replay(rows) {
    this.endsAt = 0;
    for (const row of rows) row.classList.remove("plays");
    void rows[0]?.offsetWidth; // a layout, so that the animation starts again
    this.play(rows);
  }

  play(rows) {
    const now = performance.now();
    const each = Math.min(HopAnimation.HOP_MS, HopAnimation.MAX_BATCH_MS / rows.length);
    let delay = Math.max(0, Math.min(this.endsAt - now, HopAnimation.MAX_BATCH_MS));
    for (const row of rows) {
      row.style.setProperty("--wait", `${Math.round(delay)}ms`);
      row.style.setProperty("--travel", `${Math.round(each * 1.2)}ms`);
      row.classList.add("plays");
      delay += each;
    }
    this.endsAt = now + delay;
  }
}
