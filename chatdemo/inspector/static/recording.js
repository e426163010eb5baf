// What the inspector's feed reports, without the page: the recording, its journeys and participants, and texts about them.
import { ReconnectingSocket, button, element, formatNumber, setText, showConnectionState } from "../common/page.js";

// The inspector's feed: messages of the server, each {kind: "hello", "events", "state", "problems" or "error", …}, and commands to it.

// Connects to the feed at `path`, calls `onMessage(message)` for each message, and shows the connection's state in `place`.
export class Feed {
  constructor(path, place, onMessage) {
    const url = new URL(path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new ReconnectingSocket(() => url);
    this.error = element("span", { className: "trouble", role: "alert" });
    place.append(element("span", { role: "status", textContent: "Connecting…" }), button("Try now", null, { hidden: true }), this.error);
    place.dataset.state = "connecting";
    showConnectionState(place, this.socket, "Live");
    this.socket.addEventListener("message", ({ detail: message }) => {
      // The server closes the connection of a page that doesn't acknowledge events.
      if (message.kind === "events" && message.events.length) this.send({ do: "got", n: message.events.at(-1).n });
      onMessage(message);
    });
    this.socket.connect();
  }

  // Sends a command: {do: "freeze", group: …}.
  send(command) {
    this.socket.send(command);
  }

  showError(text) {
    setText(this.error, text);
  }

  // Adds a message to the recording. An error about a command is shown.
  apply(recording, message) {
    if (message.kind === "hello") {
      recording.maxEvents = message.limit ?? recording.maxEvents;
      recording.clearProblems();
    } else if (message.kind === "problems") recording.addProblems(message.problems);
    else if (message.kind === "events") recording.add(message.events, message.dropped);
    else if (message.kind === "state") recording.setState(message);
    else if (message.kind === "error") this.showError(message.detail);
  }
}

// What the inspector recorded: events, journeys, participants and the current state, with a limit on the events.

const EMPTY_STATE = { connections: [], groups: [], channels: [], notes: [], lost: 0, unrecorded: 0 };
const MAX_WAITING_MESSAGES = 200; // of the feed, while paused

export class Recording {
  constructor(maxEvents = 5_000) {
    this.maxEvents = maxEvents; // the server sends its own limit
    this.participants = new Participants();
    this.journeys = new Journeys();
    this.state = EMPTY_STATE;
    this.problems = new Map(); // by number
    this.reset();
  }

  // Adds problems, or replaces those with the same numbers.
  addProblems(problems) {
    for (const problem of problems) this.problems.set(problem.number, problem);
  }

  // The server tells a new connection all of its problems.
  clearProblems() {
    this.problems.clear();
  }

  // Adds a batch of events. After a reconnection it can repeat events; only new ones are added.
  add(events, dropped = 0) {
    if (this.isFromRestartedServer(events)) this.clear();
    for (const event of events.filter(({ n }) => n > this.lastNumber)) this.addEvent(event);
    this.dropped += dropped;
    this.trim();
  }

  addEvent(event) {
    this.lastNumber = event.n;
    this.events.push(event);
    this.participants.addEvent(event);
    this.journeys.addEvent(event);
  }

  // A known number at a time later than all: the server was restarted and counts from 1 again.
  isFromRestartedServer(events) {
    const first = events[0];
    return Boolean(first) && first.n <= this.lastNumber && first.at > this.events.at(-1).at;
  }

  trim() {
    const excess = this.events.length - this.maxEvents;
    if (excess <= 0) return;
    this.events.splice(0, excess);
    this.journeys.removeBefore(this.events[0].n);
    this.participants.removeBefore(this.events[0].at);
  }

  // Whether the server has said what is connected: before that, it tells the problems that there were.
  get hasState() {
    return this.state !== EMPTY_STATE;
  }

  setState(state) {
    this.state = { ...EMPTY_STATE, ...state };
    this.participants.updateConnections(this.state.connections);
  }

  // Removes all events. Pinned journeys and the participants stay.
  clear() {
    this.reset();
    this.journeys.clear();
  }

  // `epoch` is in the keys of what the page shows: after a reset everything is drawn again.
  reset() {
    this.events = [];
    this.lastNumber = 0;
    this.dropped = 0;
    this.epoch = (this.epoch ?? 0) + 1;
  }

  // All events on the page, those of pinned journeys too, in order.
  allEvents() {
    const numbers = new Set(this.events.map(({ n }) => n));
    const pinned = this.journeys.pinned().flatMap((journey) => journey.hops).filter((hop) => !numbers.has(hop.n));
    return [...pinned, ...this.events].sort((one, other) => one.n - other.n);
  }

  groupsOf(place) {
    return this.state.groups.filter((group) => this.placeOfGroup(group) === place);
  }

  // A group's room; without one, the place of its members.
  placeOfGroup(group) {
    if (group.room) return group.room;
    const known = group.members.map(({ connection }) => this.participants.byConnection.get(connection)).filter(Boolean);
    return known.length ? known[0].place : null;
  }

  // The room, or without one the path, of the newest connection.
  newestPlace() {
    const newest = this.state.connections.at(-1);
    return newest ? newest.room ?? newest.path : null;
  }
}

// Chooses which recording the page shows: the live one, which can be paused, or one from a file.
export class RecordingSwitch {
  // `apply(recording, message)` adds a message of the feed to a recording.
  constructor(recording, apply) {
    this.live = this.shown = recording;
    this.apply = apply;
    this.waiting = null; // while paused: the messages since then
    this.fileName = "";
  }

  get isPaused() {
    return this.waiting !== null;
  }

  receive(message) {
    if (this.isPaused) this.queue(message);
    else this.apply(this.live, message);
  }

  // Of several states only the newest is stored. If there are too many messages, the oldest are dropped.
  queue(message) {
    if (message.kind === "state") this.waiting = this.waiting.filter(({ kind }) => kind !== "state");
    this.waiting.push(message);
    if (this.waiting.length > MAX_WAITING_MESSAGES) this.live.dropped += this.waiting.shift().events?.length ?? 0;
  }

  // Removes the live recording's events, and those that wait. The newest state stays.
  clear() {
    this.waiting &&= this.waiting.filter(({ kind }) => kind !== "events");
    this.live.clear();
  }

  get waitingEvents() {
    return (this.waiting ?? []).reduce((sum, { events }) => sum + (events?.length ?? 0), 0);
  }

  togglePause() {
    const messages = this.waiting;
    this.waiting = messages ? null : [];
    for (const message of messages ?? []) this.apply(this.live, message);
  }

  showFile(recording, name) {
    this.shown = recording;
    this.fileName = name;
  }

  showLive() {
    this.showFile(this.live, "");
  }
}

// Journeys: all hops (events) that belong to one message have its number from the server. And which one the chart shows.

// A frame with one flag or number, which a page sends without a person: {"beat": true}, {"got": 7}.
const SIGNAL = /^\s*\{\s*"\w+"\s*:\s*(true|false|\d+)\s*\}\s*$/;
const HEARTBEAT = /^\{"(event": ?"beat"|beat": ?true)\}$/;
const MIN_SHOWN_MS = 1_300; // a followed journey is shown at least this long, however fast others come

class Journeys {
  constructor() {
    this.byId = new Map(); // in the order in which they began
    this.lastHopId = null; // the id of the journey that got the newest hop
  }

  addEvent(event) {
    if (event.journey === null || event.journey === undefined) return;
    const journey = this.byId.get(event.journey) ?? this.create(event);
    if (journey.hops.length === 1 && journey.hops[0].what === "start") journey.title = journeyTitle(event);
    journey.hops.push(event);
    journey.room ??= event.room;
    journey.isMessage ||= isPersonsMessage(event, journey.hops[0]);
    this.lastHopId = journey.id;
  }

  create(event) {
    const journey = {
      id: event.journey,
      at: event.at,
      room: event.room,
      hops: [],
      isPinned: false,
      title: journeyTitle(event),
      isMessage: false,
      isHeartbeat: isHeartbeat(event),
    };
    this.byId.set(journey.id, journey);
    return journey;
  }

  // The journeys of a room, or of all rooms, oldest first: people's messages, and the one with the id `alsoId`. As long as
  // there is no message: all but heartbeats.
  list(room, alsoId) {
    const inRoom = [...this.byId.values()].filter((journey) => !room || journey.room === room);
    const hasMessages = inRoom.some((journey) => journey.isMessage);
    return inRoom.filter((journey) => (hasMessages ? journey.isMessage : !journey.isHeartbeat) || journey.id === alsoId);
  }

  pinned() {
    return [...this.byId.values()].filter((journey) => journey.isPinned);
  }

  // Removes those that ended before the event with this number, the first that is still recorded.
  removeBefore(number) {
    for (const journey of this.byId.values()) {
      if (!journey.isPinned && journey.hops.at(-1).n < number) this.byId.delete(journey.id);
    }
  }

  // Pinned ones stay, under new ids: after a restart the server counts from 1 again.
  clear() {
    const pinned = this.pinned();
    this.byId.clear();
    for (const journey of pinned) {
      journey.id = `pinned ${journey.id}`;
      this.byId.set(journey.id, journey);
    }
    this.lastHopId = null;
  }
}

// chatdemo's own heartbeats: each participant has one every four seconds.
export function isHeartbeat({ payload }) {
  return HEARTBEAT.test(payload);
}

// What a task sends isn't: a game's ticks would hide all messages. One that was said on another server begins here with
// its event.
function isPersonsMessage({ what, payload, type }, first) {
  if (what === "receive") return !SIGNAL.test(String(payload));
  if (what === "group_send" && type === "chat.message") return true;
  return first.what === "start" && first.type !== "task" && ["group_send", "layer_send", "layer_receive"].includes(what);
}

// The journey that the chart shows: the newest, until the visitor chooses another.
export class JourneySelection {
  // `requestRender` is called when the selection changes.
  constructor(requestRender) {
    this.requestRender = requestRender;
    this.isFollowing = true;
    this.selectedId = null;
    this.selectedAt = -Infinity;
  }

  // Returns the journey to show from this recording now, or null.
  update(recording, room) {
    const { byId } = recording.journeys;
    if (!byId.has(this.selectedId) || (room && byId.get(this.selectedId).room !== room)) {
      this.selectedId = null;
      this.isFollowing = true;
    }
    if (this.isFollowing) this.follow(recording.journeys, room);
    return byId.get(this.selectedId) ?? null;
  }

  follow(journeys, room) {
    const newest = this.newest(journeys, room);
    if (!newest || newest.id === this.selectedId) return;
    const delay = this.selectedAt + MIN_SHOWN_MS - performance.now();
    if (delay <= 0 || this.selectedId === null) this.select(newest.id);
    else this.timer ??= setTimeout(() => this.onTimer(), delay);
  }

  // The journey with the newest hop: after a step through a frozen group, this is an older message. Signals that pages
  // send by themselves don't replace a person's message.
  newest(journeys, room) {
    const last = journeys.byId.get(journeys.lastHopId);
    return last?.isMessage && (!room || last.room === room) ? last : journeys.list(room).at(-1);
  }

  onTimer() {
    this.timer = null;
    this.requestRender();
  }

  select(id) {
    this.selectedId = id;
    this.selectedAt = performance.now();
  }

  // Shows this journey and stops following.
  choose(id) {
    this.select(id);
    this.isFollowing = false;
    this.requestRender();
  }

  followNewest() {
    this.isFollowing = true;
    this.selectedAt = -Infinity;
    this.requestRender();
  }

  // Moves to the journey before (-1) or after (1). After the newest, it follows again.
  move(step, recording, room) {
    const list = recording.journeys.list(room, this.selectedId);
    const index = list.findIndex(({ id }) => id === this.selectedId);
    const next = list[Math.max(0, index + step)];
    if (!next || (step > 0 && index + step >= list.length - 1)) this.followNewest();
    else this.choose(next.id);
  }
}

// The participants, numbered within their place (a room, or a path): browser 1 and consumer 1 are the two ends of one
// connection. Times are in seconds since the epoch by the server's clock: this computer's may differ.

const MAX_PARTICIPANTS = 400; // above this, those who left are removed

class Participants {
  constructor() {
    this.byConnection = new Map();
    this.connectionsByChannel = new Map();
    this.now = 0;
  }

  addEvent(event) {
    this.now = Math.max(this.now, event.at);
    if (typeof event.connection !== "number") return;
    const participant = this.byConnection.get(event.connection) ?? this.create(event.connection, event.what === "connect" ? Infinity : 0);
    this.update(participant, event);
    if (event.what === "accept" && participant.from === Infinity) participant.from = event.at;
    if (["accept", "receive", "send"].includes(event.what)) this.assignNumber(participant);
    if (["refuse", "disconnect"].includes(event.what)) participant.until = event.at;
  }

  // Updates from the server's list of connections. A participant that is no longer in it has left.
  updateConnections(connections) {
    for (const connection of connections) {
      const participant = this.byConnection.get(connection.id) ?? this.create(connection.id, connection.since ?? 0);
      participant.isListed = true;
      this.update(participant, connection);
      if (connection.state === "open") this.assignNumber(participant);
      if (connection.state === "closed") participant.until = Math.min(participant.until, this.now);
    }
    const listed = new Set(connections.map(({ id }) => id));
    for (const participant of this.byConnection.values()) {
      if (participant.isListed && !listed.has(participant.id) && participant.until === Infinity) participant.until = this.now;
    }
    this.findNamesakes();
  }

  // Two tabs of one person have the same name.
  findNamesakes() {
    const counts = new Map();
    const here = [...this.byConnection.values()].filter(({ name, until }) => name && until === Infinity);
    for (const { name, place } of here) counts.set(`${name} ${place}`, (counts.get(`${name} ${place}`) ?? 0) + 1);
    for (const participant of here) participant.hasNamesake = counts.get(`${participant.name} ${participant.place}`) > 1;
  }

  // "Student 6", or if there is no name "Browser 6" or "Consumer 6".
  label({ name, number, hasNamesake }, kind = "browser") {
    if (!name) return `${kind === "browser" ? "Browser" : "Consumer"} ${number}`;
    return hasNamesake ? `${name} · ${number}` : name;
  }

  // The same for a place that has the number already: empty if there is no name.
  nameOf(participant) {
    return participant?.name ? this.label(participant) : "";
  }

  create(id, from) {
    const participant = { id, from, until: Infinity, number: 0, room: null, path: null, consumer: "", instance: "" };
    this.byConnection.set(id, participant);
    return participant;
  }

  update(participant, { room, path, consumer, instance, channel, client, name }) {
    const values = { room, path, consumer, instance, channel, client, name };
    for (const [name, value] of Object.entries(values)) if (value) participant[name] = value;
    participant.place = participant.room ?? participant.path;
    if (channel) this.connectionsByChannel.set(channel, participant.id);
  }

  // The lowest free number in the place: a tab that is reloaded gets the same number.
  assignNumber(participant) {
    if (participant.number) return;
    const taken = new Set();
    for (const other of this.byConnection.values()) {
      if (other.place === participant.place && other.until === Infinity) taken.add(other.number);
    }
    for (participant.number = 1; taken.has(participant.number); participant.number += 1);
  }

  // Those that were connected in a place at a time (Infinity is now), by number.
  connectedAt(place, time) {
    const here = [...this.byConnection.values()].filter((participant) => participant.number && participant.place === place);
    return here.filter(({ from, until }) => from <= time && time <= until).sort(compareNumbers);
  }

  // By connection, or without one by channel.
  find(connection, channel) {
    return this.byConnection.get(connection ?? this.connectionsByChannel.get(channel));
  }

  removeBefore(time) {
    if (this.byConnection.size < MAX_PARTICIPANTS) return;
    for (const participant of this.byConnection.values()) {
      if (participant.until >= time) continue;
      this.byConnection.delete(participant.id);
      this.connectionsByChannel.delete(participant.channel);
    }
  }
}

export function compareNumbers(one, other) {
  return one.number - other.number || one.id - other.id;
}

// Times, sizes, counts and events as text.

const MAX_TITLE_CHARACTERS = 80;

// The time since a journey's start, "+1.25 ms", with as many digits as matter.
export function formatDelay(seconds) {
  const ms = Math.max(0, seconds * 1000);
  if (ms >= 10_000) return `+${(ms / 1000).toFixed(1)} s`;
  return `+${ms.toFixed(ms < 1 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

// "+0.30–4.1 ms", of the first and the last of several.
export function formatSpread(first, last) {
  const [one, other] = [formatDelay(first), formatDelay(last)];
  return one === other ? one : `${one.replace(other.slice(other.indexOf(" ")), "")}–${other.slice(1)}`;
}

// "14:03:59.250", of seconds since the epoch.
export function formatTime(seconds) {
  const date = new Date(seconds * 1000);
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

// "14:03", of seconds since the epoch.
export function formatMinute(seconds) {
  return formatTime(seconds).slice(0, 5);
}

export function formatAge(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function formatCount(number, singular, plural = `${singular}s`) {
  return `${formatNumber(number)} ${number === 1 ? singular : plural}`;
}

export function formatSize(bytes) {
  return bytes < 10_000 ? formatCount(bytes, "byte") : `${formatNumber(Math.round(bytes / 1000))} kB`;
}

// "consumers.py:31"
export function formatSource({ source }) {
  return source ? `${source.file.split(/[\\/]/).at(-1)}:${source.line}` : "";
}

// "1, 2 and 5"
export function joinWithAnd(parts) {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export function truncate(text, maxCharacters) {
  const characters = Array.from(text);
  return characters.length > maxCharacters ? `${characters.slice(0, maxCharacters - 1).join("")}…` : text;
}

// The title of a journey: the message's text if the payload has one; else the payload, the event's type or its kind.
function journeyTitle({ payload, type, what }) {
  const text = payload ?? type ?? what;
  return truncate(messageText(text) ?? text, MAX_TITLE_CHARACTERS);
}

function messageText(payload) {
  try {
    const { message } = JSON.parse(payload);
    return typeof message === "string" ? message : null;
  } catch {
    return shortenedMessageText(payload) ?? eventMessageText(payload);
  }
}

// A long payload that the server has shortened. The group is the message as a JSON string, up to a whole character.
const SHORTENED = /^\s*\{\s*"message"\s*:\s*("(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*).*… \([\d,]+ characters\)$/s;

function shortenedMessageText(payload) {
  const found = SHORTENED.exec(payload);
  return found && JSON.parse(`${found[1]}"`);
}

// The event of a message that was said on another server has the frame in it. The group is the frame up to its text.
const EVENT = /^\{"type": "chat\.message", "frame": ["'](\{"message": "(?:[^"\\]|\\.)*")/s;

function eventMessageText(payload) {
  const found = EVENT.exec(payload);
  return found && messageText(`${found[1]}}`);
}

// "1001: going away", of an event or a connection with a close code; null without one.
export function formatCode({ code, meaning }) {
  if (code === null || code === undefined) return null;
  return meaning ? `${code}: ${meaning}` : code;
}

const PARTS = {
  http: (event) => [event.method, event.path, event.code, event.ms === undefined ? null : `${event.ms} ms`],
  close: (event) => [`code ${formatCode(event) ?? "none"}`],
  disconnect: (event) => [`code ${formatCode(event) ?? "none"}`],
  connect: (event) => [event.path],
  group_add: (event) => [event.group, event.channel],
  group_discard: (event) => [event.group, event.channel],
  group_send: (event) => [event.group, event.members === undefined ? null : formatCount(event.members, "member"), event.payload],
  layer_send: (event) => [event.to, event.type, event.payload],
  start: (event) => [event.type],
  freeze: (event) => [event.group],
  thaw: (event) => [event.group],
};

// An event in one line, without its kind.
export function formatEvent(event) {
  const parts = PARTS[event.what]?.(event) ?? [event.type, event.payload];
  return [...parts, event.detail].filter((part) => part !== null && part !== undefined && part !== "").join(" · ");
}

// Lists of elements: one element for each item of the data, and arrow keys that move the focus.

// Makes `list` hold one element for each item, in order. An item with a known key keeps its element.
export function syncList(list, items, key, make, update = () => {}) {
  list.elementsByKey ??= new Map();
  const wanted = new Map(items.map((item) => [key(item), item]));
  for (const [itemKey, child] of list.elementsByKey) {
    if (wanted.has(itemKey)) continue;
    child.remove();
    list.elementsByKey.delete(itemKey);
  }
  let position = list.firstElementChild;
  for (const [itemKey, item] of wanted) {
    let child = list.elementsByKey.get(itemKey);
    if (!child) list.elementsByKey.set(itemKey, (child = make(item)));
    if (child === position) position = position.nextElementSibling;
    else list.insertBefore(child, position);
    update(child, item);
  }
}

// Roving tabindex: the arrow keys move through the buttons in the list's items, and Tab stops at one of them only.
export function addRovingFocus(list) {
  list.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    const buttons = [...list.children].map((item) => item.firstElementChild);
    const index = buttons.indexOf(event.target); // -1 in a list inside an item
    if (!(event.key in steps) || index < 0) return;
    event.preventDefault();
    const next = Math.min(buttons.length - 1, Math.max(0, index + steps[event.key]));
    setTabStop(list, buttons[next]);
    buttons[next]?.focus();
  });
}

// Makes this button the one at which Tab stops. Without one: the same as before, or else the first.
export function setTabStop(list, button = null) {
  const stop = button ?? (list.contains(list.tabStop) ? list.tabStop : list.firstElementChild?.firstElementChild);
  if (stop === list.tabStop || !stop) return;
  if (list.tabStop) list.tabStop.tabIndex = -1;
  stop.tabIndex = 0;
  list.tabStop = stop;
}
