// The chart of one journey: lanes, rows, the detail of an event, and the controls beside it.
import { button, element, isolated, setText } from "../common/page.js";
import { Feed, JourneySelection, Recording, addRovingFocus, compareNumbers, formatCode, formatCount, formatDelay, formatMinute, formatSize, formatSource, formatTime, joinWithAnd, setTabStop, syncList, truncate } from "./recording.js";

// The sequence chart of one journey: the lanes with their heads, a row for each hop, and who got the message.

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
    this.onHop = () => {}; // called with an event when its arrow begins to move, and when it is pointed at
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
    this.rows.addEventListener("animationstart", ({ target }) => {
      if (target.matches(".arrow")) this.onHop(target.closest("li").event);
    });
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
    row.event = hop.event;
    for (const type of ["focusin", "pointerenter"]) row.addEventListener(type, () => this.point(hop.event));
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.onHop(hop.event);
    this.animation.queue(row);
    this.rows.append(row);
    setTabStop(this.rows);
  }

  point(event) {
    this.detail.show(event);
    this.onHop(event);
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

// The lanes of the chart, from left to right: browsers, their consumers, the rest, the groups. Each lane is
// {key, kind, title, note, number, participant, place, isFrozen}: `place` only if the journey's participants are in several.

const MAX_GROUPS = 3;
const MIN_QUEUE_PERCENT = 6; // a single event must be visible
const ZONE_TITLES = { browser: "Browsers", consumer: "Consumers", rest: "More", group: "Groups" };
const REST_LANE = "rest"; // for all participants that have no lane of their own

// Returns the lanes for a journey's hops (or none), and the participants that have lanes of their own: at most
// `maxShown`. `rest` are the others.
function layOutLanes(recording, place, time, hops, maxShown) {
  const everyone = participantsOf(recording, place, time, hops);
  const shown = chooseShown(everyone, hops[0]?.event.connection, maxShown);
  const rest = everyone.filter((participant) => !shown.includes(participant));
  const placeOf = placesToName(everyone);
  const lanes = [
    ...shown.map((participant) => ({ ...lane(browserLane(participant.id), "browser", `Browser ${participant.number}`, placeOf(participant), participant), place: placeOf(participant) })),
    ...shown.map((participant) => ({ ...lane(consumerLane({ connection: participant.id }), "consumer", participant.consumer || "Consumer", participant.instance, participant), place: placeOf(participant) })),
    ...workerLanes(hops),
    ...(rest.length ? [lane(REST_LANE, "rest", `and ${rest.length} more`, "browsers and consumers")] : []),
    ...groupLanes(recording, place, hops),
  ];
  return { lanes, shown, rest };
}

function lane(key, kind, title, note, participant = null) {
  return { key, kind, title, note, participant, number: participant?.number ?? 0 };
}

// Those that were connected at that time, and those with a hop in the journey.
function participantsOf(recording, place, time, hops) {
  const found = new Set(recording.participants.connectedAt(place, time));
  for (const { event } of hops) {
    const participant = recording.participants.find(event.connection);
    if (participant) found.add(participant);
  }
  return [...found].sort(compareNumbers);
}

// The first ones. The sender is always among them.
function chooseShown(everyone, senderId, maxShown) {
  const first = everyone.slice(0, maxShown);
  const sender = everyone.find(({ id }) => id === senderId);
  return !sender || first.includes(sender) ? first : [...first.slice(0, maxShown - 1), sender];
}

// Returns a function: the name of a participant's place if there are several, else "". Numbers are the same in each place.
function placesToName(participants) {
  const hasSeveral = new Set(participants.map(({ place }) => place)).size > 1;
  return (participant) => (hasSeveral ? participant?.place ?? "" : "");
}

// Of workers, and of what is no consumer: the request, task or thread that the journey starts with.
function workerLanes(hops) {
  const found = new Map();
  const start = hops[0]?.event.what === "start" ? hops[0].event.type : "outside a consumer";
  for (const { event, from, to } of hops) {
    for (const key of [from, to]) {
      if (key.startsWith("worker ") && !found.has(key)) found.set(key, lane(key, "consumer", event.consumer ?? start, event.channel ?? ""));
    }
  }
  return [...found.values()];
}

// The groups of the journey first, then the place's others: their lanes are there before the first message.
function groupLanes(recording, place, hops) {
  const keys = new Set(hops.flatMap(({ from, to }) => [from, to]));
  const names = new Set([...keys].filter((key) => key.startsWith("group ")).map((key) => key.slice("group ".length)));
  for (const { group } of recording.groupsOf(place)) if (names.size < MAX_GROUPS) names.add(group);
  const lanes = [...names].map((name) => {
    const current = recording.state.groups.find(({ group }) => group === name);
    const sent = hops.find(({ event }) => event.what === "group_send" && event.group === name);
    const members = sent?.event.members ?? current?.members.length;
    const note = members === undefined ? "" : formatCount(members, "member") + (current?.shared ? " here" : "");
    return { ...lane(groupLane(name), "group", name, note), isFrozen: Boolean(current?.frozen) };
  });
  return keys.has(LAYER_LANE) ? [...lanes, lane(LAYER_LANE, "group", "one channel", "no group")] : lanes;
}

// The disc with a participant's number.
export function numberDisc(number) {
  return setColour(element("span", { className: "disc", textContent: number || "·" }), number);
}

// The heads of the lanes, with a title over all lanes of a kind.
function laneHeads(lanes) {
  return [...zoneTitles(lanes), ...lanes.map((lane, index) => laneHead(lane, index, lanes.length))];
}

function zoneTitles(lanes) {
  return Object.keys(ZONE_TITLES).filter((kind) => lanes.some((lane) => lane.kind === kind)).map((kind) => {
    const first = lanes.findIndex((lane) => lane.kind === kind);
    const count = lanes.filter((lane) => lane.kind === kind).length;
    const title = count === 1 && kind !== "rest" ? ZONE_TITLES[kind].slice(0, -1) : ZONE_TITLES[kind];
    return placeOver(element("p", { className: `zone ${kind}`, textContent: title }), first, count, lanes.length);
  });
}

// Places an element over `count` lanes of `total`, from the lane `first` on.
function placeOver(target, first, count, total) {
  target.style.left = `${(first / total) * 100}%`;
  target.style.width = `${(count / total) * 100}%`;
  return target;
}

function laneHead(lane, index, total) {
  const hasNumber = lane.kind === "browser" || lane.kind === "consumer";
  const channel = lane.kind === "consumer" ? lane.participant?.channel : null;
  const head = element("div", { className: `head ${lane.kind}`, title: [lane.title, lane.note].filter(Boolean).join(" "), data: { lane: lane.key } },
    hasNumber ? numberDisc(lane.number) : element("span", { className: `sign ${lane.kind}`, ariaHidden: "true" }),
    element("span", { className: "name" }, isolated(lane.title)),
    element("span", { className: "note", textContent: lane.note }),
    lane.isFrozen ? element("span", { className: "ice", textContent: "❄ frozen" }) : null,
    channel ? element("span", { className: "queue", hidden: true, data: { channel } }, element("span", { className: "fill" }), element("span", { className: "waiting" })) : null);
  return placeOver(head, index, 1, total);
}

// Shows the queue of each consumer that has events waiting in it.
function updateQueues(heads, channels) {
  const byName = new Map(channels.map((channel) => [channel.channel, channel]));
  for (const queue of heads.querySelectorAll(".queue")) {
    const { waiting = 0, capacity } = byName.get(queue.dataset.channel) ?? {};
    queue.hidden = waiting === 0;
    queue.lastElementChild.textContent = capacity ? `${waiting} of ${capacity}` : waiting;
    queue.firstElementChild.style.width = `${queuePercent(waiting, capacity)}%`;
  }
}

// How full a queue is. Some layers have no capacity.
export function queuePercent(waiting, capacity = 100) {
  return waiting ? Math.min(100, Math.max(MIN_QUEUE_PERCENT, (waiting / capacity) * 100)) : 0;
}

// The lines below the heads, and a background for what is in the server.
function laneLines(lanes) {
  const first = lanes.findIndex(({ kind }) => kind !== "browser");
  const server = element("div", { className: "server" });
  server.hidden = first < 0;
  if (first >= 0) placeOver(server, first, lanes.length - first, lanes.length);
  const lines = lanes.map((lane, index) => placeOver(setColour(element("div", { className: `lifeline ${lane.kind}` }), lane.number), index, 1, lanes.length));
  return [server, ...lines];
}

// The rows of the chart: one for each hop of a journey, which goes from one lane to another.

const MAX_PAYLOAD_CHARACTERS = 120; // beside an arrow
const MAX_LABEL_CHARACTERS = 60;

// The keys of the lanes.
const LAYER_LANE = "layer";
const browserLane = (connection) => `browser ${connection}`;
const groupLane = (name) => `group ${name}`;

// A consumer without a browser, such as a worker's, has no connection. A request or a thread has no consumer either.
function consumerLane({ connection, channel, consumer, instance }) {
  return typeof connection === "number" ? `consumer ${connection}` : `worker ${channel ?? instance ?? consumer ?? "?"}`;
}

const toConsumer = (event) => [browserLane(event.connection), consumerLane(event)];
const toBrowser = (event) => [consumerLane(event), browserLane(event.connection)];
const toGroup = (event) => [consumerLane(event), groupLane(event.group)];
// `source` is the lane that an event from the layer comes from.
const fromLayer = (event, source) => [source, consumerLane(event)];
const ENDS = {
  connect: toConsumer,
  accept: toBrowser,
  refuse: toBrowser,
  receive: toConsumer,
  send: toBrowser,
  close: toBrowser,
  disconnect: toConsumer,
  group_add: toGroup,
  group_discard: toGroup,
  group_send: toGroup,
  layer_send: (event) => [consumerLane(event), LAYER_LANE],
  layer_receive: fromLayer,
  full: fromLayer,
};

// The journey's hops as {event, from, to}. An event that goes nowhere, such as an error, has one lane for both.
function hopsOf(journey, participants) {
  let lastGroup = null; // the group of the last group_send
  return journey.hops.map((event) => {
    if (event.what === "group_send") lastGroup = event.group;
    if (event.what === "layer_send") lastGroup = null;
    const group = event.group ?? lastGroup;
    const target = event.what === "http" ? journey.hops[0] : withChannelOwner(event, participants);
    const [from, to] = ENDS[event.what]?.(target, group ? groupLane(group) : LAYER_LANE) ?? [consumerLane(target), consumerLane(target)];
    return { event, from, to };
  });
}

// A full channel belongs to its consumer, whichever consumer sent the event.
function withChannelOwner(event, participants) {
  const owner = event.what === "full" ? participants.find(undefined, event.channel) : null;
  return owner ? { ...event, connection: owner.id } : event;
}

// The words beside an arrow.
function hopLabel(event) {
  if (event.what === "start") return [event.type, event.detail].filter(Boolean).join(" ");
  if (event.what === "layer_receive") return event.type ?? "event";
  if (event.what === "http") return `response ${event.code ?? ""}`;
  if (event.what === "full") return "lost: channel full";
  if (event.what === "error") return `error: ${event.detail ?? ""}`;
  return event.what;
}

// Sets the colour: one for each of the first eight participants.
function setColour(target, number) {
  target.dataset.hue = number ? ((number - 1) % 8) + 1 : 0;
  return target;
}

// A row with the time since the hop before, an arrow between two places (0 to 1, from left to right), and its label.
function hopRow({ event, from, to }, before, places, lanes) {
  const label = truncate(hopLabel(event), MAX_LABEL_CHARACTERS);
  const row = buildRow(event, before, places, [element("b", { textContent: label }), sourceElement(event), payloadElement(event)]);
  const names = new Map(lanes.map((lane) => [lane.key, lane.participant ? `${lane.kind} ${lane.number}${lane.place && ` in ${lane.place}`}` : lane.title]));
  const route = from === to ? `at ${names.get(from) ?? from}` : `${names.get(from) ?? from} to ${names.get(to) ?? to}`;
  row.firstElementChild.ariaLabel = `${route}: ${label}, ${formatSource(event)}, ${hopTime(event, before)}`;
  return setColour(row, lanes.find((lane) => lane.participant && [from, to].includes(lane.key))?.number ?? 0);
}

// One row for all participants that have no lane of their own. updateRestRow() sets its text.
function restRow({ event }, before, places) {
  const row = setColour(buildRow(event, before, places, [element("b"), sourceElement(event)]), 0);
  row.classList.add("all");
  return row;
}

function updateRestRow(row, hops) {
  const counts = new Map();
  for (const { event } of hops) counts.set(hopLabel(event), (counts.get(hopLabel(event)) ?? 0) + 1);
  const text = [...counts].map(([label, count]) => `${truncate(label, MAX_LABEL_CHARACTERS)} × ${count}`).join(" · ");
  row.querySelector("b").textContent = text;
  row.firstElementChild.ariaLabel = `the rest, ${formatCount(hops.length, "hop")}: ${text}`;
}

function buildRow(event, before, [start, end], words) {
  const left = Math.min(start, end);
  const right = Math.max(start, end);
  const arrow = element("span", { className: `arrow ${end < start ? "back" : "forth"}` }, element("span", { className: "packet" }));
  arrow.style.left = `${left * 100}%`;
  arrow.style.width = `${(right - left) * 100}%`;
  if (start === end) arrow.classList.add("still");
  const label = element("span", { className: "words" }, ...words);
  // The label begins at the arrow's left end, or ends at its right end, wherever there is more space.
  const hasSpaceAfter = 1 - left >= right;
  label.style[hasSpaceAfter ? "left" : "right"] = `${(hasSpaceAfter ? left : 1 - right) * 100}%`;
  label.style.maxWidth = `${(hasSpaceAfter ? 1 - left : right) * 100}%`;
  label.classList.toggle("ends", !hasSpaceAfter);
  const time = element("span", { className: "gap", textContent: hopTime(event, before) });
  const hop = element("button", { type: "button", className: "hop" }, element("span", { className: "track" }, time, label, arrow));
  return element("li", { className: event.what, data: { what: event.what, n: event.n } }, hop);
}

function hopTime(event, before) {
  return before ? formatDelay(event.at - before.at) : formatTime(event.at);
}

function sourceElement(event) {
  return event.source ? element("span", { className: "source", textContent: formatSource(event) }) : null;
}

function payloadElement(event) {
  const text = event.payload ?? (["error", "start"].includes(event.what) ? null : event.detail);
  return text ? isolated(truncate(text.replace(/\s+/g, " "), MAX_PAYLOAD_CHARACTERS), "payload") : null;
}

// All that is known of one event.

const MAX_TRACEBACK_LINES = 12;

export class EventDetail {
  constructor(hint) {
    this.root = element("div", { className: "detail", data: { at: "detail" } }, element("p", { className: "hint", textContent: hint }));
  }

  show(event) {
    if (event === this.event) return;
    this.event = event;
    const parts = [
      element("p", { className: "facts" }, ...facts(event)),
      event.source ? sourceLine(event.source) : null,
      event.detail ? element("p", { className: "why" }, isolated(event.detail)) : null,
      event.traceback ? tracebackList(event.traceback) : null,
      isEmpty(event.payload) ? null : element("pre", { className: "payload", dir: "auto", tabIndex: 0, ariaLabel: "Payload", textContent: event.payload }),
    ];
    this.root.replaceChildren(...parts.filter(Boolean));
  }
}

function isEmpty(value) {
  return value === null || value === undefined;
}

function facts(event) {
  const all = [
    ["", event.what],
    ["at", formatTime(event.at)],
    ["room", event.room],
    ["in", [event.consumer, event.instance].filter(Boolean).join(" ")],
    ["type", event.type],
    ["group", event.group],
    ["channel", event.channel],
    ["members", event.members],
    ["waiting in the queue", event.waiting],
    ["code", formatCode(event)],
    ["", [event.method, event.path].filter(Boolean).join(" ")],
    ["size", event.size === undefined ? null : formatSize(event.size)],
  ];
  const known = all.filter(([, value]) => !isEmpty(value) && value !== "");
  return known.map(([name, value], index) => element("span", { className: index ? "fact" : "fact kind" }, name ? `${name} ` : "", isolated(String(value))));
}

function sourceLine({ file, line, function: name, code }) {
  return element("p", { className: "line" }, element("span", { className: "source", textContent: `${file}:${line}` }), name ? ` in ${name} ` : " ", element("code", { textContent: code ?? "" }));
}

function tracebackList(frames) {
  const last = frames.slice(-MAX_TRACEBACK_LINES);
  return element("ol", { className: "traceback", ariaLabel: `Traceback, ${formatCount(last.length, "line")}` }, ...last.map((frame) => element("li", {}, sourceLine(frame))));
}

// The buttons above the chart: freeze, step and thaw for each group.
export class FreezeControls {
  // `send(command)` sends a command to the server.
  constructor(root, send) {
    this.send = send;
    this.groups = [];
    this.list = element("ul", { className: "freezer", ariaLabel: "Freeze and step" });
    root.append(this.list);
  }

  render(groups) {
    this.groups = groups;
    syncList(this.list, groups, ({ group }) => group, (group) => this.makeItem(group), updateControls);
    this.list.hidden = groups.length === 0;
  }

  makeItem({ group }) {
    const command = (verb, label, title) => {
      const made = button(label, () => this.send({ do: verb, group }), { title });
      made.setAttribute("aria-label", `${verb[0].toUpperCase()}${verb.slice(1)} ${group}`);
      return made;
    };
    const freeze = command("freeze", "❄ Freeze", "Hold this group's events");
    const step = command("step", "Step", "Deliver one event to one member");
    const thaw = command("thaw", "Thaw", "Deliver all held events, in order");
    const item = element("li", {}, isolated(group, "group"), freeze, step, thaw, element("span", { className: "held", role: "status" }));
    return Object.assign(item, { freeze, step, thaw });
  }

  // For a key: sends the command for the first group for which it makes sense.
  runCommand(verb) {
    const group = this.groups.find(({ frozen, unfreezable }) => !unfreezable && frozen === (verb !== "freeze"));
    if (group) this.send({ do: verb, group: group.group });
  }
}

function updateControls(item, { frozen, held, unfreezable }) {
  const { freeze, step, thaw } = item;
  const focused = document.activeElement; // read before the button is hidden and loses the focus
  freeze.hidden = frozen || Boolean(unfreezable);
  step.hidden = thaw.hidden = !frozen;
  if (focused.hidden && item.contains(focused)) (frozen ? step : freeze).focus();
  item.classList.toggle("frozen", frozen);
  item.classList.toggle("unfreezable", Boolean(unfreezable));
  setText(item.querySelector(".held"), frozen ? `Frozen: ${formatCount(held, "event")} held.` : unfreezable ? `It can't be frozen: ${unfreezable}` : "");
}

// What went wrong, the newest first: each kind of fault once, with its line, what to do, and the message it belongs to.

const FIRST_PROBLEMS = 3;

export class ProblemList {
  // `onJourney(id)` is called for a problem whose message the visitor wants to see.
  constructor(root, requestRender, onJourney) {
    this.root = root;
    this.requestRender = requestRender;
    this.onJourney = onJourney;
    this.dismissed = new Map(); // when each was dismissed: one that happens again comes back
    this.showsAll = false;
    this.list = element("ul", { className: "troubles", ariaLabel: "Problems" });
    this.more = button("", () => this.showAll());
    root.append(this.list, this.more);
  }

  showAll() {
    this.showsAll = true;
    this.requestRender();
  }

  render(recording) {
    const key = ({ number, first }) => `${recording.epoch} ${number} ${first}`;
    const problems = [...recording.problems.values()].filter((problem) => !(this.dismissed.get(key(problem)) >= problem.last));
    problems.sort((one, other) => other.last - one.last || other.number - one.number);
    const shown = this.showsAll ? problems : problems.slice(0, FIRST_PROBLEMS);
    const dismiss = (problem) => {
      this.dismissed.set(key(problem), problem.last);
      this.requestRender();
    };
    syncList(this.list, shown, key, () => this.makeItem(dismiss), (item, problem) => updateItem(item, problem, recording));
    this.more.hidden = shown.length === problems.length;
    setText(this.more, `Show all ${problems.length} problems`);
    this.root.hidden = problems.length === 0;
  }

  makeItem(dismiss) {
    const item = element("li", {}, element("div", { className: "problem" }),
      element("p", { className: "tools" },
        button("See the message", () => this.onJourney(item.problem.journey), { className: "see" }),
        button("Dismiss", () => dismiss(item.problem))));
    return item;
  }
}

// The buttons stay the same elements, as what is said may change while one of them is clicked.
function updateItem(item, problem, recording) {
  item.querySelector(".see").hidden = !recording.journeys.byId.has(problem.journey);
  if (item.problem?.version === problem.version) return;
  item.problem = problem;
  item.dataset.kind = problem.kind;
  item.firstElementChild.replaceChildren(...describe(problem));
}

function describe({ text, last, count, saved, source, remedy, traceback }) {
  const times = count > 1 ? element("span", { className: "times", textContent: formatCount(count, "time") }) : null;
  const before = saved ? element("span", { className: "times", textContent: `before the save at ${formatMinute(saved)}` }) : null;
  const head = element("p", {}, element("time", { textContent: formatTime(last) }), " ", times, times && " ", before, before && " ",
    element("strong", { dir: "auto", textContent: text }));
  const parts = [head, source ? sourceLine(source) : null, remedy ? element("p", { className: "remedy", textContent: remedy }) : null];
  if (traceback?.length > 1) parts.push(element("details", {}, element("summary", { textContent: "Traceback" }), tracebackList(traceback)));
  return parts.filter(Boolean);
}

// The chart under a lesson's tabs: for each element with data-feed, the chart of the room whose feed has that address.

const NO_MESSAGE = "Send a message in one of the tabs. Its path appears here.";
const NOBODY = "Nobody is connected to this room yet.";

// Adds to an element with data-feed the chart of the room whose feed has that address. The element gets an event "hop"
// for each event whose arrow begins to move or is pointed at.
export function addChart(root) {
  let frame = null;
  const requestRender = () => (frame ??= requestAnimationFrame(render));
  const recording = new Recording();
  const selection = new JourneySelection(requestRender);
  const bar = element("div", { className: "chart-bar" });
  const problemsRoot = element("div", { className: "problems", hidden: true });
  const problems = new ProblemList(problemsRoot, requestRender, (journey) => selection.choose(journey));
  root.classList.add("chart");
  root.append(bar, problemsRoot);
  const chart = new Chart(root, new EventDetail("Point at an arrow, or move to it with the keyboard, to see what it carries."));
  chart.onHop = (event) => root.dispatchEvent(new CustomEvent("hop", { detail: event }));
  const newest = button("Newest", () => selection.followNewest());
  bar.append(
    button("←", () => selection.move(-1, recording), { title: "Older message", ariaLabel: "Older" }),
    button("→", () => selection.move(1, recording), { title: "Newer message", ariaLabel: "Newer" }),
    newest,
    button("Play again", () => chart.playAgain()),
  );
  const freezeControls = new FreezeControls(bar, (command) => feed.send(command));
  const status = element("p", { className: "connection" });
  bar.append(status);
  const feed = new Feed(root.dataset.feed, status, (message) => {
    feed.apply(recording, message);
    requestRender();
  });

  function render() {
    frame = null;
    const journey = selection.update(recording);
    const place = journey?.room ?? recording.newestPlace();
    chart.render(recording, journey, place, recording.state.connections.length ? NO_MESSAGE : NOBODY);
    freezeControls.render(recording.state.groups);
    problems.render(recording);
    newest.disabled = selection.isFollowing;
  }
  requestRender();
}
