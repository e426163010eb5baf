// The rows of the chart: one for each hop of a journey, which goes from one lane to another.
import { element, isolated } from "./common/dom.js";
import { formatCount, formatDelay, formatSource, formatTime, truncate } from "./format.js";

const MAX_PAYLOAD_CHARACTERS = 120; // beside an arrow
const MAX_LABEL_CHARACTERS = 60;

// The keys of the lanes.
export const LAYER_LANE = "layer";
export const browserLane = (connection) => `browser ${connection}`;
export const groupLane = (name) => `group ${name}`;

// A consumer without a browser, such as a worker's, has no connection. A request or a thread has no consumer either.
export function consumerLane({ connection, channel, consumer, instance }) {
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
export function hopsOf(journey, participants) {
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
export function setColour(target, number) {
  target.dataset.hue = number ? ((number - 1) % 8) + 1 : 0;
  return target;
}

// A row with the time since the hop before, an arrow between two places (0 to 1, from left to right), and its label.
export function hopRow({ event, from, to }, before, places, lanes) {
  const label = truncate(hopLabel(event), MAX_LABEL_CHARACTERS);
  const row = buildRow(event, before, places, [element("b", { textContent: label }), sourceElement(event), payloadElement(event)]);
  const names = new Map(lanes.map((lane) => [lane.key, lane.participant ? `${lane.kind} ${lane.number}${lane.place && ` in ${lane.place}`}` : lane.title]));
  const route = from === to ? `at ${names.get(from) ?? from}` : `${names.get(from) ?? from} to ${names.get(to) ?? to}`;
  row.firstElementChild.ariaLabel = `${route}: ${label}, ${formatSource(event)}, ${hopTime(event, before)}`;
  return setColour(row, lanes.find((lane) => lane.participant && [from, to].includes(lane.key))?.number ?? 0);
}

// One row for all participants that have no lane of their own. updateRestRow() sets its text.
export function restRow({ event }, before, places) {
  const row = setColour(buildRow(event, before, places, [element("b"), sourceElement(event)]), 0);
  row.classList.add("all");
  return row;
}

export function updateRestRow(row, hops) {
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
