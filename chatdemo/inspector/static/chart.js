// The chart of one journey: lanes, rows, the detail of an event, and the controls beside it.
import { button, element, formatNumber, isolated, setText } from "../common/page.js";
import { Feed, JourneySelection, Recording, addRovingFocus, compareNumbers, formatCode, formatCount, formatDelay, formatMinute, formatSize, formatSource, formatSpread, formatTime, joinWithAnd, setTabStop, syncList, truncate } from "./recording.js";

// The sequence chart of one journey: the lanes with their heads, a row for all that happens in the same way, and who got the
// message.

const MAX_ROWS = 40;
const MAX_HIGH_ROWS = 7; // with more rows they are lower
const MAX_HIGH_ROWS_IF_LOW = 2;
const [LOW_PIXELS, TALL_PIXELS] = [330, 540]; // of a chart
const MAX_TALL_ROWS = 5; // with so many, a tall chart has space for longer payloads
const MIN_LANE_EM = 4.3; // a narrower lane has no space for a name; in em of its head
const GROUP_LANE_WIDTH = 1.5; // its name is long and has no spaces; in widths of the other lanes
const MAX_NAMES = 4; // listed in a sentence or a row
const SETTLED_MS = 600; // so long after the last hop, those who have got nothing are marked

const OUTCOMES = { full: "lost", error: "failed", refuse: "refused" };

export class Chart {
  // `detail` shows the event that has the focus or the pointer.
  constructor(root, detail) {
    this.root = root;
    this.detail = detail;
    this.onHop = () => {}; // called with an event when its row begins to play, and when it is pointed at
    this.title = element("strong");
    this.summary = element("span", { className: "reach" });
    this.caption = element("p", { className: "caption", role: "status" }, this.title, " ", this.summary);
    this.heads = element("div", { className: "heads" });
    this.lines = element("div", { className: "lifelines", ariaHidden: "true" });
    this.rows = element("ol", { className: "hops", ariaLabel: "Hops, in order" });
    this.outcome = element("div", { className: "outcome", ariaHidden: "true" });
    this.hint = element("p", { className: "hint" });
    this.stage = element("div", { className: "stage" }, this.heads, element("div", { className: "body" }, this.lines, this.rows, this.hint, this.outcome));
    root.append(this.caption, this.stage, detail.root);
    this.animation = new HopAnimation((milliseconds) => this.showEndAfter(milliseconds));
    addRovingFocus(this.rows);
    this.rows.addEventListener("animationstart", ({ target }) => {
      if (target.matches(".arrow:first-child")) this.onHop(target.closest("li").view.row.hops[0].event);
    });
    this.onResize();
    const observer = new ResizeObserver(() => this.onResize());
    for (const part of [root, this.lines]) observer.observe(part);
  }

  // Draws the journey. Without a journey: the participants in `place`, and the hint.
  render(recording, journey, place, hint) {
    this.lastArguments = [recording, journey, place, hint];
    const hops = journey ? hopsOf(journey, recording.participants) : [];
    const everyone = participantsOf(recording, place, journey ? journey.at : Infinity, hops);
    const rows = rowsOf(hops);
    this.noteHops(recording, journey);
    if (performance.now() >= this.settlesAt) rows.push(...missingRows(hops, everyone, recording.state.groups));
    const labels = new Labels(recording.participants, everyone);
    const lanes = layOutLanes(recording, place, hops, rows, everyone, labels, this.maxLanes);
    const drawingKey = `${recording.epoch} ${journey?.id} ${lanes.map(({ key, title, note, isFrozen }) => [key, title, note, isFrozen])}`;
    if (drawingKey !== this.drawingKey) this.drawLanes(lanes, this.journey === journey && this.recording === recording);
    Object.assign(this, { drawingKey, journey, recording });
    this.drawRows(rows, labels);
    this.renderOutcome(journey, hops, rows, everyone, labels);
    updateQueues(this.heads, recording.state.channels);
    setText(this.hint, hint);
    this.hint.hidden = Boolean(journey) || !hint;
  }

  drawLanes(lanes, isSameJourney) {
    this.lanes = lanes;
    const widths = lanes.map(widthOf);
    const before = (index) => sum(widths.slice(0, index));
    this.places = new Map(lanes.map(({ key }, index) => [key, (before(index) + widths[index] / 2) / sum(widths)])); // of their middles
    for (const grid of [this.heads, this.lines]) grid.style.gridTemplateColumns = widths.map((width) => `minmax(0, ${width}fr)`).join(" ");
    this.heads.replaceChildren(...laneHeads(lanes));
    this.lines.replaceChildren(...laneLines(lanes));
    if (isSameJourney) return; // its rows stay, and open ones stay open
    syncList(this.rows, []);
    this.animation.reset();
  }

  drawRows(rows, labels) {
    const shown = rows.slice(0, MAX_ROWS);
    const start = rows[0]?.hops[0].event.at;
    let before = null;
    this.stage.classList.toggle("many", rows.length > (this.isLow ? MAX_HIGH_ROWS_IF_LOW : MAX_HIGH_ROWS));
    this.stage.classList.toggle("few", this.isTall && rows.length <= MAX_TALL_ROWS);
    syncList(this.rows, shown, ({ key }) => key, (row) => this.makeRow(row), ({ view }, row) => {
      view.update(row, before, start, labels, (lane) => this.placeOf(lane));
      if (!before || payloadOf(row)) before = row;
    });
    this.rows.style.setProperty("--rows", shown.length);
    this.rows.dataset.more = rows.length > MAX_ROWS ? `and ${formatCount(rows.length - MAX_ROWS, "more row")}: see the events` : "";
    setTabStop(this.rows);
    this.animation.playQueued();
  }

  makeRow(row) {
    const { item } = new RowView((event) => this.point(event));
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.onHop(row.hops[0].event);
    this.animation.queue(item);
    return item;
  }

  // Of a lane: its own, or that of all others.
  placeOf(lane) {
    return this.places.get(lane) ?? this.places.get(othersLane(lane)) ?? 0.5;
  }

  point(event) {
    this.detail.show(event);
    this.onHop(event);
  }

  // If a hop has come, the chart is drawn again when no more have come for a while.
  noteHops(recording, journey) {
    const key = `${recording.epoch} ${journey?.id} ${journey?.hops.length}`;
    if (key === this.hopsKey) return;
    this.hopsKey = key;
    this.settlesAt = performance.now() + SETTLED_MS;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.render(...this.lastArguments), SETTLED_MS + 1);
  }

  // The caption, and a mark under each browser's lane that says whether it got the message.
  renderOutcome(journey, hops, rows, everyone, labels) {
    if (!journey) {
      setText(this.title, "");
      setText(this.summary, "");
      return this.outcome.replaceChildren();
    }
    const sender = this.recording.participants.find(hops[0].event.connection);
    const titleKey = `${sender && labels.full(sender)} ${journey.title}`;
    if (this.titleKey !== titleKey) this.title.replaceChildren(sender ? `${labels.full(sender)}: ` : "", isolated(journey.title, "said"));
    this.titleKey = titleKey;
    const reached = new Set(hops.filter(({ event }) => event.what === "send").map(({ event }) => event.connection));
    setText(this.summary, summarise(hops, rows, everyone.filter(({ id }) => reached.has(id)), sender, everyone.length, labels));
    this.outcome.replaceChildren(...this.lanes.filter(({ kind }) => kind === "browser").map((lane) => this.outcomeMark(lane, reached, rows)));
  }

  outcomeMark({ key, participant, others }, reached, rows) {
    const all = others ?? [participant];
    const got = all.filter(({ id }) => reached.has(id)).length;
    const ids = new Set(all.map(({ id }) => id));
    const alarms = new Set(rows.filter(({ isAlarm, hops }) => isAlarm && hops.some(({ connection }) => ids.has(connection))).map(({ flag, what }) => flag || OUTCOMES[what]));
    const mark = element("span", { className: alarms.size ? "alarm" : got ? "got" : "nothing" });
    if (alarms.size) mark.textContent = others ? `with ${joinWithAnd([...alarms])}` : [...alarms][0];
    else if (!got) mark.textContent = this.lanes.some(({ isFrozen }) => isFrozen) ? "not yet" : "nothing";
    else mark.textContent = others ? `${got < all.length ? `${formatNumber(got)} of` : "✓"} ${formatNumber(all.length)}` : "✓ got it";
    mark.style.left = `${this.places.get(key) * 100}%`;
    return mark;
  }

  playAgain() {
    this.animation.replay([...this.rows.children]);
  }

  // How it ends isn't shown before the rows have played.
  showEndAfter(milliseconds) {
    this.root.style.setProperty("--end", `${Math.round(milliseconds)}ms`);
    this.root.classList.remove("playing");
    void this.root.offsetWidth; // a layout, so that the animation starts again
    this.root.classList.add("playing");
  }

  // At another width, or with larger text, there is space for more or fewer lanes; at another height for higher rows.
  onResize() {
    const laneWidth = MIN_LANE_EM * parseFloat(getComputedStyle(this.heads).fontSize);
    const maxLanes = this.lines.clientWidth / laneWidth;
    const { clientHeight } = this.root;
    const [isLow, isTall] = [clientHeight < LOW_PIXELS, clientHeight > TALL_PIXELS];
    const isOther = maxLanes !== this.maxLanes || isLow !== this.isLow || isTall !== this.isTall;
    Object.assign(this, { maxLanes, isLow, isTall });
    if (isOther && this.lastArguments) this.render(...this.lastArguments);
  }
}

// What a participant is called: "Student 6", or "Browser 6" if there is no name.
class Labels {
  constructor(participants, everyone) {
    this.participants = participants;
    this.hasPlaces = new Set(everyone.map(({ place }) => place)).size > 1; // numbers are the same in each place
  }

  place(participant) {
    return this.hasPlaces ? participant.place : "";
  }

  full(participant) {
    return this.withPlace(participant, this.participants.label(participant));
  }

  short(participant) {
    return this.withPlace(participant, participant.name ? this.participants.label(participant) : participant.number);
  }

  inSentence(participant) {
    return participant.name ? this.full(participant) : this.full(participant).replace("Browser", "browser");
  }

  withPlace(participant, label) {
    return this.hasPlaces ? `${label} in ${participant.place}` : String(label);
  }

  // Whom a hop belongs to: a participant, a worker, or what the journey starts with.
  ofHop({ event, connection }) {
    const participant = this.participants.find(connection);
    return participant ? this.full(participant) : event.consumer ?? "";
  }
}

const MAX_GROUP_CHARACTERS = 24; // a longer name isn't in the sentence: the chart has it

// Who got the message and through which groups, in sentences. `reached` are participants.
function summarise(hops, rows, reached, sender, total, labels) {
  const groups = [...new Set(hops.filter(({ event }) => event.what === "group_send").map(({ event }) => event.group))];
  const subject = groups.length ? `Through ${groupsInSentence(groups)} it` : "It";
  const failed = rows.some(({ what }) => what === "error");
  const namesOf = (test) => listNames([...new Set(rows.filter(test).flatMap((row) => row.hops.map((hop) => labels.ofHop(hop))))]);
  const lost = hops.filter(({ event }) => event.what === "full").length;
  const late = namesOf(({ flag }) => flag === "late");
  const parts = [];
  if (reached.length === 1 && reached[0] === sender && !groups.length) parts.push(`Only ${labels.inSentence(sender)} got an answer: directly from its own consumer, without a group.`);
  else if (reached.length) parts.push(`${subject} reached ${browsers(reached, total, labels)}.`);
  else if (!failed) parts.push(groups.length ? `${subject} has reached no browser yet.` : "No browser has got an answer yet.");
  if (late) parts.push(`Late: ${late}.`);
  if (lost) parts.push(`${formatCount(lost, "event was", "events were")} lost because a channel was full: ${namesOf(({ what }) => what === "full")}.`);
  for (const row of rows.filter(({ what }) => what === "missing")) parts.push(`${listNames(row.hops.map((hop) => labels.ofHop(hop)))} ${row.flag}.`);
  if (failed) parts.push(`It failed${reached.length ? ` for ${namesOf(({ what }) => what === "error")}` : ""}: see the error.`);
  return parts.join(" ");
}

function groupsInSentence(groups) {
  const isLong = groups.some((group) => group.length > MAX_GROUP_CHARACTERS);
  if (groups.length === 1) return isLong ? "the group" : `the group ${groups[0]}`;
  return isLong ? formatCount(groups.length, "group") : `the groups ${joinWithAnd(groups)}`;
}

function browsers(reached, total, labels) {
  if (total === 1) return labels.inSentence(reached[0]);
  const list = reached.length <= MAX_NAMES ? `: ${joinWithAnd(reached.map((one) => labels.short(one)))}` : "";
  if (reached.length === total && total === 2) return `both browsers${list}`;
  if (reached.length === total) return `all ${formatNumber(total)} browsers`;
  return `${formatNumber(reached.length)} of ${formatCount(total, "browser")}${list}`;
}

function listNames(names) {
  return names.length > MAX_NAMES ? joinWithAnd([...names.slice(0, MAX_NAMES - 1), `${formatNumber(names.length - MAX_NAMES + 1)} more`]) : joinWithAnd(names);
}

// Shows the rows of hops one after another, slowly enough to follow. If the visitor prefers reduced motion, the style
// sheet has no animation.
class HopAnimation {
  static HOP_MS = 320;
  static MAX_BATCH_MS = 2_600; // of many rows, each plays faster

  // `onPlay(milliseconds)` is called when rows begin to play, with the time until all have.
  constructor(onPlay) {
    this.onPlay = onPlay;
    this.endsAt = 0; // when the rows that play now have ended
    this.rows = [];
  }

  // Begins a new drawing.
  reset() {
    this.endsAt = 0;
    this.rows = [];
  }

  queue(row) {
    this.rows.push(row);
  }

  playQueued() {
    if (this.rows.length) this.play(this.rows);
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
    this.onPlay(delay);
  }
}

// The lanes of the chart, from left to right: browsers, their consumers, workers, groups. Each lane is
// {key, kind, title, note, participant, others, zone, isFrozen}. If there are too many participants, some share a lane: its
// `others`. `zone` is added to the title over the lanes of this kind.

const MAX_GROUPS = 3;
const MIN_QUEUE_PERCENT = 6; // a single event must be visible
const ZONE_TITLES = { browser: "Browsers", consumer: "Consumers", group: "Groups" };

// Returns the lanes for a journey's hops (or none), at most `maxLanes` if possible.
function layOutLanes(recording, place, hops, rows, everyone, labels, maxLanes) {
  const servers = [...workerLanes(hops), ...groupLanes(recording, place, hops)];
  const space = Math.floor((maxLanes - sum(servers.map(widthOf))) / 2);
  const chosen = chooseOwn(everyone, hops, rows).slice(0, Math.max(1, space - 1)).sort(compareNumbers);
  const own = everyone.length <= Math.max(space, chosen.length + 1) ? everyone : chosen; // one other needs a lane, too
  const classes = [...new Set(everyone.map(({ consumer }) => consumer))];
  const zone = classes.length === 1 && classes[0] ? `: ${classes[0]}` : ""; // the title over the lanes names the class of all
  const others = everyone.filter((participant) => !own.includes(participant));
  const lanesOf = (kind, noteOf) => [
    ...own.map((one) => lane(`${kind} ${one.id}`, kind, recording.participants.label(one, kind), noteOf(one), { participant: one, zone })),
    ...(others.length ? [lane(othersLane(kind), kind, formatCount(others.length, ...(own.length ? ["other"] : [kind])), "", { others, zone })] : []),
  ];
  return [
    ...lanesOf("browser", (one) => labels.place(one)),
    ...lanesOf("consumer", ({ consumer, instance }) => (zone ? instance : [consumer, instance].filter(Boolean).join(" "))),
    ...servers,
  ];
}

function widthOf({ kind }) {
  return kind === "group" ? GROUP_LANE_WIDTH : 1;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function lane(key, kind, title, note, more = {}) {
  return { key, kind, title, note, ...more };
}

// Of a lane's kind, or of another lane.
function othersLane(lane) {
  return `${lane.split(" ", 1)} others`;
}

// Those that were connected at that time, and those with a hop in the journey.
function participantsOf(recording, place, time, hops) {
  const found = new Set(recording.participants.connectedAt(place, time));
  for (const { connection } of hops) {
    const participant = recording.participants.find(connection);
    if (participant) found.add(participant);
  }
  return [...found].sort(compareNumbers);
}

// Who has a lane if not everyone can: the sender, and those who differ; those with an alarm first.
function chooseOwn(everyone, hops, rows) {
  const differing = rows.filter(({ flag, isAlarm, hops }) => (flag || isAlarm) && hops.length <= MAX_NAMES).sort((one, other) => other.isAlarm - one.isAlarm);
  const ids = new Set([...hops.slice(0, 1), ...differing.flatMap((row) => row.hops)].map(({ connection }) => connection));
  return [...ids].map((id) => everyone.find((participant) => participant.id === id)).filter(Boolean);
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
    return lane(groupLane(name), "group", name, note, { isFrozen: Boolean(current?.frozen) });
  });
  return keys.has(LAYER_LANE) ? [...lanes, lane(LAYER_LANE, "group", "one channel", "no group")] : lanes;
}

// The disc with a participant's number.
export function numberDisc(number) {
  return setColour(element("span", { className: "disc", textContent: number || "·" }), number);
}

// The heads of the lanes, with a title over all lanes of a kind, and a background for what is in the server.
function laneHeads(lanes) {
  const titles = Object.entries(ZONE_TITLES).map(([kind, title]) => {
    const own = lanes.filter((lane) => lane.kind === kind);
    const zone = kind === "consumer" && own.every(({ zone }) => zone) ? own[0]?.zone : "";
    const text = `${own.length === 1 && !own[0].others ? title.slice(0, -1) : title}${zone}`;
    return own.length ? placeOver(element("p", { className: "zone", textContent: text }), lanes.indexOf(own[0]), own.length) : null;
  });
  return [serverBackground(lanes), ...titles.filter(Boolean), ...lanes.map((lane, index) => placeOver(laneHead(lane), index, 1))];
}

// Places an element over `count` columns, from the one with this index on.
function placeOver(target, index, count) {
  target.style.gridColumn = `${index + 1} / span ${count}`;
  return target;
}

function serverBackground(lanes) {
  const browsers = lanes.filter(({ kind }) => kind === "browser").length;
  return placeOver(element("div", { className: "server", hidden: browsers === lanes.length }), browsers, lanes.length - browsers);
}

function laneHead({ key, kind, title, note, participant, isFrozen }) {
  const channel = kind === "consumer" ? participant?.channel : null;
  return setColour(element("div", { className: `head ${kind}`, title: [title, note].filter(Boolean).join(" "), data: { lane: key } },
    element("span", { className: "name" }, isolated(title)),
    isFrozen ? element("span", { className: "ice", textContent: "❄ frozen" }) : element("span", { className: "note", textContent: note }),
    channel ? element("span", { className: "queue", hidden: true, data: { channel } }, element("span", { className: "fill" }), element("span", { className: "waiting" })) : null), participant?.number);
}

// Shows the queue of each consumer that has events waiting in it.
function updateQueues(heads, channels) {
  const byName = new Map(channels.map((channel) => [channel.channel, channel]));
  for (const queue of heads.querySelectorAll(".queue")) {
    const { waiting = 0, capacity } = byName.get(queue.dataset.channel) ?? {};
    queue.hidden = waiting === 0;
    setText(queue.lastElementChild, formatLevel(waiting, capacity));
    queue.firstElementChild.style.width = `${queuePercent(waiting, capacity)}%`;
  }
}

// "3 of 10,000". Some layers have no capacity.
export function formatLevel(waiting, capacity) {
  return capacity ? `${formatNumber(waiting)} of ${formatNumber(capacity)}` : String(waiting || "");
}

// How full a queue is.
export function queuePercent(waiting, capacity = 100) {
  return waiting ? Math.min(100, Math.max(MIN_QUEUE_PERCENT, (waiting / capacity) * 100)) : 0;
}

// The lines below the heads.
function laneLines(lanes) {
  return [serverBackground(lanes), ...lanes.map(({ kind, participant }, index) => placeOver(setColour(element("div", { className: `lifeline ${kind}` }), participant?.number), index, 1))];
}

// Sets the colour: one for each of the first eight participants.
function setColour(target, number) {
  target.dataset.hue = number ? ((number - 1) % 8) + 1 : 0;
  return target;
}

// Hops: the events of a journey, each from one lane to another.

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

// The journey's hops as {event, connection, from, to}. An event that goes nowhere, such as an error, has one lane for both.
function hopsOf(journey, participants) {
  let lastGroup = null; // the group of the last group_send
  return journey.hops.map((event) => {
    if (event.what === "group_send") lastGroup = event.group;
    if (event.what === "layer_send") lastGroup = null;
    const group = event.group ?? lastGroup;
    const target = event.what === "http" ? journey.hops[0] : withChannelOwner(event, participants);
    const [from, to] = ENDS[event.what]?.(target, group ? groupLane(group) : LAYER_LANE) ?? [consumerLane(target), consumerLane(target)];
    return { event, connection: target.connection, from, to, consumer: consumerLane(target) };
  });
}

// A full channel belongs to its consumer, whichever consumer sent the event.
function withChannelOwner(event, participants) {
  const owner = event.what === "full" ? participants.find(undefined, event.channel) : null;
  return owner ? { ...event, connection: owner.id } : event;
}

// Rows: what happens to several participants in the same way is one row, {key, what, hops, flag, isAlarm}. The flag says
// what is different for these participants.

const MIN_LATE_SECONDS = 0.1;
const LATE_FACTOR = 4; // late is what takes so many times as long as half of the hops
const MAX_PAYLOADS = 4; // of more different payloads, those that differ are one row
const ALARMS = ["error", "full", "refuse", "missing"];
const FROM_LAYER = ["layer_receive", "full"];
const ARRIVALS = ["connect", "receive", "disconnect", "layer_receive", "start"]; // with these a consumer begins to do something

function rowsOf(hops) {
  const rows = stagesOf(hops).flatMap((stage, index) => splitStage(stage, index));
  return rows.sort((one, other) => one.order - other.order); // stable: a stage's largest row stays the first
}

// Hops of the same kind from the same line, for the same reason: for the event of one group_send, for one frame.
function stagesOf(hops) {
  const stages = new Map();
  const current = new Map(); // the stage that each consumer and each group is in
  const repeats = new Map(); // how often a consumer has done the same
  for (const hop of hops) {
    const { event, from, to, consumer } = hop;
    const cause = current.get(FROM_LAYER.includes(event.what) ? from : consumer);
    const detail = ALARMS.includes(event.what) ? event.detail : "";
    const same = [cause?.key, event.what, event.type, formatSource(event), detail, event.group].join("|");
    const count = repeats.get(`${same} ${consumer}`) ?? 0;
    repeats.set(`${same} ${consumer}`, count + 1);
    const key = `${same} ${ALARMS.includes(event.what) ? 0 : count}`; // the same fault again isn't a stage of its own
    if (!stages.has(key)) stages.set(key, { key, hops: [], since: cause?.hops[0].event.at ?? event.at });
    const stage = stages.get(key);
    stage.hops.push(hop);
    if (ARRIVALS.includes(event.what)) current.set(consumer, stage);
    if (event.what.endsWith("_send")) current.set(to, stage);
  }
  return [...stages.values()];
}

// One row for most, and one for each way to be different.
function splitStage({ hops, since }, index) {
  const delays = hops.map(({ event }) => event.at - since).sort((one, other) => one - other);
  const lateAfter = Math.max(MIN_LATE_SECONDS, LATE_FACTOR * delays[(hops.length - 1) >> 1]);
  const payloads = countBy(hops, ({ event }) => event.payload);
  const [usual, count] = [...payloads].reduce((most, one) => (one[1] > most[1] ? one : most));
  const hasUsual = count * 2 > hops.length;
  const payloadOf = ({ event: { payload } }) => (payload === usual && hasUsual ? "" : payloads.size > MAX_PAYLOADS ? "others" : payload);
  const parts = new Map();
  for (const hop of hops) {
    const isLate = hops.length > 1 && hop.event.at - since > lateAfter;
    const key = JSON.stringify([index, isLate, payloadOf(hop)]);
    const { what, n } = hop.event;
    const flag = isLate ? "late" : hasUsual && payloadOf(hop) ? "other payload" : "";
    if (!parts.has(key)) parts.set(key, { key, what, hops: [], flag, isAlarm: isLate || ALARMS.includes(what), order: isLate ? n : hops[0].event.n });
    parts.get(key).hops.push(hop);
  }
  return [...parts.values()].sort((one, other) => Boolean(one.flag) - Boolean(other.flag));
}

function countBy(items, keyOf) {
  const counts = new Map();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

// Rows for the members of the journey's groups who got no event, or whose consumers have sent nothing, if most did.
function missingRows(hops, everyone, groups) {
  const have = (...kinds) => new Set(hops.filter(({ event }) => kinds.includes(event.what)).map(({ connection }) => connection));
  const [arrived, told, sent] = [have("layer_receive"), have("full", "error", "close", "disconnect"), have("send")];
  const last = hops.at(-1)?.event;
  const hop = ({ id, consumer, instance, room, channel }) => {
    const event = { what: "missing", n: last.n, at: last.at, connection: id, consumer, instance, room, channel };
    return { event, connection: id, from: consumerLane(event), to: consumerLane(event), consumer: consumerLane(event) };
  };
  const row = (flag, missing) => ({ key: flag, what: "missing", flag, isAlarm: true, hops: missing.map(hop) });
  const names = new Set(hops.filter(({ event }) => event.what === "group_send").map(({ event }) => event.group));
  const used = groups.filter(({ group }) => names.has(group));
  const members = new Set(used.flatMap((group) => group.members.map(({ connection }) => connection)));
  const without = everyone.filter(({ id, until }) => members.has(id) && !arrived.has(id) && !told.has(id) && until > last.at);
  const silent = everyone.filter(({ id }) => arrived.has(id) && !sent.has(id) && !told.has(id));
  return [
    ...(without.length && without.length < arrived.size && !used.some(({ frozen }) => frozen) ? [row("got no event", without)] : []),
    ...(silent.length && silent.length * 2 < arrived.size ? [row("sent nothing", silent)] : []),
  ];
}

// A row of the chart: a time, an arrow for each lane, and words beside them. One for several participants can be opened.

const MAX_PAYLOAD_CHARACTERS = 160;
const MAX_LABEL_CHARACTERS = 60;
const FROM_BROWSER = ["connect", "receive", "disconnect"];
const TO_BROWSER = ["accept", "refuse", "send", "close"];

class RowView {
  // `onPoint(event)` is called when the row, or a participant in it, gets the focus or the pointer.
  constructor(onPoint) {
    this.onPoint = onPoint;
    this.time = element("span", { className: "gap" });
    this.track = element("span", { className: "track" });
    this.words = element("span", { className: "words" });
    this.button = element("button", { type: "button", className: "hop", tabIndex: -1, onclick: () => this.toggle() }, this.time, this.track, this.words);
    this.item = Object.assign(element("li", {}, this.button), { view: this });
    pointAt(this.button, () => onPoint(this.row.hops[0].event));
  }

  update(row, before, start, labels, placeOf) {
    Object.assign(this, { row, start, labels });
    this.item.classList.toggle("alarm", row.isAlarm);
    Object.assign(this.item.dataset, { what: row.what, count: row.hops.length, n: row.hops[0].event.n });
    setText(this.time, before ? this.formatTimes() : formatTime(start));
    syncList(this.track, arrowsOf(row, placeOf, labels), ({ key }) => key, makeArrow, placeArrow);
    this.updateWords(before);
    this.showEach();
  }

  // Since the journey's start: of the first and of the last hop.
  formatTimes() {
    const times = this.row.hops.map(({ event }) => event.at - this.start);
    return this.row.what === "missing" ? "" : formatSpread(Math.min(...times), Math.max(...times));
  }

  updateWords(before) {
    const { hops: [{ event }], flag } = this.row;
    const payload = payloadOf(this.row);
    const whom = describeWhom(this.row, this.labels);
    const isSame = before && payload && payload === payloadOf(before);
    const key = [hopLabel(event), whom, flag, formatSource(event), payload, isSame].join("\n");
    if (key === this.wordsKey) return;
    this.wordsKey = key;
    const label = truncate(hopLabel(event), MAX_LABEL_CHARACTERS);
    this.words.replaceChildren(
      element("span", { className: "deed" }, element("b", { textContent: label }), whom && isolated(whom, "whom")),
      element("span", { className: "carried" }, flag ? element("em", { textContent: flag }) : null, event.source ? element("span", { className: "source", textContent: formatSource(event) }) : null,
        payload ? isolated(isSame ? "the same" : truncate(payload, MAX_PAYLOAD_CHARACTERS), "payload") : null));
  }

  toggle() {
    if (this.each) {
      this.each.remove();
      this.each = null;
    } else if (this.row.hops.length > 1) {
      this.each = element("ol", { className: "each", ariaLabel: "Each of them" });
      addRovingFocus(this.each);
      this.item.append(this.each);
    }
    this.showEach();
    this.each?.scrollIntoView({ block: "nearest" });
  }

  // The participants of an open row, with their times.
  showEach() {
    this.button.ariaExpanded = this.row.hops.length > 1 ? String(Boolean(this.each)) : null;
    if (!this.each) return;
    syncList(this.each, this.row.hops, ({ event, connection }) => `${event.n} ${connection}`, (hop) => {
      const time = this.row.what === "missing" ? "" : formatDelay(hop.event.at - this.start);
      const made = element("button", { type: "button", tabIndex: -1 }, isolated(this.labels.ofHop(hop)), element("span", { textContent: time }));
      pointAt(made, () => this.onPoint(hop.event));
      return element("li", {}, made);
    });
    setTabStop(this.each);
  }
}

function pointAt(target, action) {
  for (const type of ["focus", "pointerenter"]) target.addEventListener(type, action);
}

// The words for what a row does.
function hopLabel(event) {
  if (event.what === "start") return [event.type, event.detail].filter(Boolean).join(" ");
  if (event.what === "layer_receive") return event.type ?? "event";
  if (event.what === "http") return `response ${event.code ?? ""}`;
  if (event.what === "full") return "lost: channel full";
  if (event.what === "error") return `error: ${event.detail ?? ""}`;
  return event.what;
}

// "to 30 consumers", "from Student 6"
function describeWhom({ what, hops, flag, isAlarm }, labels) {
  if (what === "start" || what === "http") return "";
  const names = [...new Set(hops.map((hop) => labels.ofHop(hop)))].filter(Boolean);
  const repeats = hops.length > names.length && names.length ? `, ${formatCount(hops.length, "time")}` : "";
  const kind = FROM_BROWSER.includes(what) || TO_BROWSER.includes(what) ? "browser" : "consumer";
  const known = names.length === 1 || ((flag || isAlarm) && names.length <= MAX_NAMES) ? listNames(names) : formatCount(hops.length, kind);
  const { group } = hops[0].event;
  if (ENDS[what] === toGroup) return `${what === "group_discard" ? "from" : "to"} ${group}${hops.length > 1 ? ` by ${known}` : ""}`;
  const word = what === "layer_send" || FROM_BROWSER.includes(what) ? "from" : ALARMS.includes(what) ? (what === "error" ? "in" : "for") : "to";
  return known && `${word} ${known}${repeats}`;
}

function payloadOf({ what, hops }) {
  const textOf = ({ event }) => event.payload ?? (["error", "start"].includes(what) ? "" : event.detail ?? "");
  const text = textOf(hops[0]);
  return hops.every((hop) => textOf(hop) === text) ? text.replace(/\s+/g, " ") : "different payloads";
}

// An arrow for each pair of lanes, as places from 0 to 1.
function arrowsOf({ hops }, placeOf, { participants }) {
  const found = new Map();
  for (const { connection, from, to } of hops) {
    const [start, end] = [placeOf(from), placeOf(to)];
    const key = `${start} ${end}`;
    found.set(key, { key, start, end, number: found.has(key) ? 0 : participants.find(connection)?.number });
  }
  return [...found.values()].sort((one, other) => one.end - other.end).map((arrow, index, all) => ({ ...arrow, top: (index + 1) / (all.length + 1) }));
}

function makeArrow() {
  return element("span", { className: "arrow" });
}

function placeArrow(arrow, { start, end, top, number }) {
  setColour(arrow, number);
  arrow.classList.add(start === end ? "still" : end < start ? "back" : "forth");
  Object.assign(arrow.style, { left: `${Math.min(start, end) * 100}%`, width: `${Math.abs(end - start) * 100}%`, top: `${top * 100}%` });
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
  return known.map(([name, value], index) => element("span", { className: index ? "fact" : "fact kind", data: { fact: name } }, name ? `${name} ` : "", isolated(typeof value === "number" && name !== "code" ? formatNumber(value) : String(value))));
}

function sourceLine({ file, line, function: name, code }) {
  return element("p", { className: "code-line" }, element("span", { className: "source", textContent: `${file}:${line}` }), name ? ` in ${name} ` : " ", element("code", { textContent: code ?? "" }));
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

class ProblemList {
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

  // Returns the problems that weren't dismissed, the newest first.
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
    return problems;
  }

  makeItem(dismiss) {
    const item = element("li", {}, element("div", { className: "problem" }),
      element("p", { className: "tools" },
        button("See the message", () => this.onJourney(item.problem.journey), { className: "see" }),
        button("Dismiss", () => dismiss(item.problem))));
    return item;
  }
}

// All problems, below one line with the newest. A new one unfolds them; those that happened before the page was opened are
// folded, so that nothing moves.
export class ProblemPanel {
  // `root` is an element details with an element .newest in its summary, and one .problems.
  constructor(root, requestRender, onJourney) {
    this.root = root;
    this.line = root.querySelector(".newest");
    this.list = new ProblemList(root.querySelector(".problems"), requestRender, onJourney);
    this.newest = null; // when the newest one happened, null before the feed has told those before
  }

  render(recording) {
    const problems = this.list.render(recording);
    const [newest] = problems;
    setText(this.line, newest ? `${formatNumber(problems.length)}, the newest at ${formatTime(newest.last)}: ${newest.text}` : "none");
    this.line.classList.toggle("bad", Boolean(newest));
    if (this.newest !== null && newest?.last > this.newest) this.root.open = true;
    if (recording.hasState) this.newest = Math.max(this.newest, newest?.last ?? 0);
    return problems;
  }

  // A message that came after the newest problem needs the place.
  foldFor(journey) {
    if (!journey || journey.id === this.foldedFor || journey.at < this.newest) return;
    this.foldedFor = journey.id;
    this.root.open = false;
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

// The chart below a lesson's tabs.

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
  const problemsRoot = element("details", { className: "problem-panel" },
    element("summary", {}, element("strong", { textContent: "Problems" }), element("span", { className: "newest" })), element("div", { className: "problems", hidden: true }));
  const problems = new ProblemPanel(problemsRoot, requestRender, (journey) => selection.choose(journey));
  root.classList.add("chart");
  root.append(bar, problemsRoot);
  const chart = new Chart(root, new EventDetail("Choose a row to see what it carries."));
  chart.onHop = (event) => root.dispatchEvent(new CustomEvent("hop", { detail: event }));
  const newest = button("Newest", () => selection.followNewest());
  const older = button("←", () => selection.move(-1, recording), { title: "Older message", ariaLabel: "Older" });
  const newer = button("→", () => selection.move(1, recording), { title: "Newer message", ariaLabel: "Newer" });
  const replay = button("Play again", () => chart.playAgain());
  bar.append(older, newer, newest, replay);
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
    problemsRoot.hidden = problems.render(recording).length === 0;
    problems.foldFor(journey);
    newest.disabled = selection.isFollowing;
    older.disabled = newer.disabled = replay.disabled = !journey;
  }
  requestRender();
}
