// The lanes of the chart, from left to right: browsers, their consumers, the rest, the groups. Each lane is
// {key, kind, title, note, number, participant, place, isFrozen}: `place` only if the journey's participants are in several.
import { element, isolated } from "./common/dom.js";
import { formatCount } from "./format.js";
import { LAYER_LANE, browserLane, consumerLane, groupLane, setColour } from "./chart-rows.js";
import { compareNumbers } from "./participants.js";

const MAX_GROUPS = 3;
const MIN_QUEUE_PERCENT = 6; // a single event must be visible
const ZONE_TITLES = { browser: "Browsers", consumer: "Consumers", rest: "More", group: "Groups" };
export const REST_LANE = "rest"; // for all participants that have no lane of their own

// Returns the lanes for a journey's hops (or none), and the participants that have lanes of their own: at most
// `maxShown`. `rest` are the others.
export function layOutLanes(recording, place, time, hops, maxShown) {
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
export function placesToName(participants) {
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
export function laneHeads(lanes) {
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
export function updateQueues(heads, channels) {
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
export function laneLines(lanes) {
  const first = lanes.findIndex(({ kind }) => kind !== "browser");
  const server = element("div", { className: "server" });
  server.hidden = first < 0;
  if (first >= 0) placeOver(server, first, lanes.length - first, lanes.length);
  const lines = lanes.map((lane, index) => placeOver(setColour(element("div", { className: `lifeline ${lane.kind}` }), lane.number), index, 1, lanes.length));
  return [server, ...lines];
}
