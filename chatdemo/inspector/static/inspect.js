// The inspector's page: connects the feed to the chart, the lists and the tools.
import { Presentation, button, element, formatNumber, isShortcut, isolated, setText } from "../common/page.js";
import { Chart, EventDetail, FreezeControls, ProblemPanel, formatLevel, numberDisc, queuePercent } from "./chart.js";
import { Feed, JourneySelection, Recording, RecordingSwitch, addRovingFocus, formatAge, formatCode, formatCount, formatEvent, formatSize, formatSource, formatTime, isHeartbeat, setTabStop, syncList, truncate } from "./recording.js";

// The table of connections: each with its user, its consumer, its state or close code, the bytes that wait for a slow
// browser, and its age.

const MAX_ROWS = 60;
const COLUMNS = ["Browser", "User", "Path", "Consumer", "State", "Backlog", "In", "Out", "Age"];

class ConnectionTable {
  constructor(root) {
    this.body = element("tbody");
    const head = element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col", textContent: name })));
    this.table = element("table", {}, element("thead", {}, head), this.body);
    this.note = element("p", { className: "none" });
    root.append(this.note, element("div", { className: "scrolls", tabIndex: 0, role: "group", ariaLabel: "Connections" }, this.table));
  }

  render(recording, room) {
    const connections = recording.state.connections.filter((connection) => !room || (connection.room ?? connection.path) === room);
    connections.sort((one, other) => (one.state === "closed") - (other.state === "closed")); // else in their order: the sort is stable
    const now = Date.now() / 1000;
    syncList(this.body, connections.slice(0, MAX_ROWS), ({ id }) => id, makeRow, (row, connection) => updateRow(row, connection, recording.participants, now));
    this.table.hidden = connections.length === 0;
    setText(this.note, connections.length === 0 ? "Nobody is connected. Open the chat in two tabs." : connections.length > MAX_ROWS ? `The first ${MAX_ROWS} of ${formatNumber(connections.length)}` : "");
  }
}

function makeRow() {
  return element("tr", {}, ...COLUMNS.map(() => element("td", { dir: "auto" })));
}

function updateRow(row, connection, participants, now) {
  const { id, path, user, consumer, instance, backlog, received, sent, since, client } = connection;
  const [browser, ...cells] = row.children;
  const participant = participants.find(id);
  const number = participant?.number ?? 0;
  const name = participants.nameOf(participant);
  if (row.key !== `${number} ${name}`) browser.replaceChildren(numberDisc(number), ` ${name}`, element("span", { className: "client", textContent: client ?? "" }));
  row.key = `${number} ${name}`;
  const texts = [
    user ?? "",
    path ?? "",
    [consumer, instance].filter(Boolean).join(" "),
    describeState(connection),
    backlog === null || backlog === undefined ? "" : formatSize(backlog),
    formatNumber(received ?? 0),
    formatNumber(sent ?? 0),
    formatAge(now - since),
  ];
  cells.forEach((cell, index) => setText(cell, String(texts[index])));
  cells[1].title = texts[1];
  row.dataset.state = connection.state;
}

// "closed by the browser with 1001: going away".
function describeState({ state, code, meaning, closed_by: closedBy }) {
  if (!closedBy) return state;
  const how = formatCode({ code, meaning });
  return `closed by the ${closedBy}${how ? ` with ${how}` : ""}`;
}

// The list of events, newest first, with filters.

const FIRST_ROWS = 100;
const MORE_ROWS = 200; // for each click on the button
const MAX_ROW_CHARACTERS = 200;
const KIND_LABELS = {
  news: "all but heartbeats",
  "": "all kinds",
  frames: "frames",
  layer: "channel layer",
  connections: "connections",
  trouble: "errors and losses",
  http: "HTTP",
};
const KINDS = {
  frames: ["receive", "send"],
  layer: ["start", "group_add", "group_discard", "group_send", "layer_send", "layer_receive", "full", "freeze", "thaw"],
  connections: ["connect", "accept", "refuse", "close", "disconnect"],
  trouble: ["error", "refuse", "full", "dropped"],
  http: ["http"],
};

const DIRECTION_LABELS = {
  "": "all directions",
  fromBrowser: "browser → server",
  toBrowser: "server → browser",
  toLayer: "consumer → channel layer",
  fromLayer: "channel layer → consumer",
};
const DIRECTIONS = {
  fromBrowser: ["connect", "receive", "disconnect"],
  toBrowser: ["accept", "refuse", "send", "close"],
  toLayer: ["group_add", "group_discard", "group_send", "layer_send"],
  fromLayer: ["layer_receive"],
};

// Kinds of events that a delivery has once for each participant, and faults, which can happen again and again.
const DELIVERIES = ["layer_receive", "send", "full"];
const FAULTS = ["error", "refuse"];
const ARRIVALS = ["connect", "accept", "group_add", "group_discard", "disconnect"];
const PERIOD_SECONDS = 5; // arrivals within such a period are together
const MIN_FOLDED = 3; // events of a delivery
const MAX_OPEN_ROWS = 400;

class EventList {
  // `onJourney(id)` is called with the journey of an event that is clicked.
  constructor(root, form, requestRender, onJourney) {
    this.requestRender = requestRender;
    this.onJourney = onJourney;
    this.maxRows = FIRST_ROWS;
    this.open = new Set(); // keys of the rows that show each of their events
    this.filters = new EventFilters(form, () => this.setMaxRows(FIRST_ROWS));
    this.list = element("ol", { className: "events", ariaLabel: "Events, the newest first" });
    this.more = button("Show older events", () => this.setMaxRows(this.maxRows + MORE_ROWS));
    this.empty = element("p", { className: "none" });
    this.detail = new EventDetail("Point at an event, or move to it with the keyboard, to see all of it.");
    addRovingFocus(this.list);
    root.append(this.list, this.detail.root, this.empty, this.more);
  }

  setMaxRows(maxRows) {
    this.maxRows = maxRows;
    this.requestRender();
  }

  render(recording, room) {
    this.filters.updateParticipants(recording.participants);
    const { rows, hasMore } = foldEvents(recording.events, this.filters.matcher(room), this.maxRows);
    const shown = rows.flatMap((row) => (this.open.has(row.key) ? [row, ...partsOf(row)] : [row]));
    this.more.hidden = !hasMore;
    let place = 0;
    syncList(this.list, shown, ({ key }) => `${recording.epoch} ${key}`, ({ key }) => this.makeItem(key), (item, row) => {
      item.style.translate = `0 ${100 * place}%`; // not by layout: new rows push all others down
      place += 1;
      this.updateItem(item, row, recording.participants);
    });
    setTabStop(this.list);
    const total = recording.events.length;
    setText(this.empty, rows.length ? "" : total ? `No events match the filter (${formatNumber(total)} in all).` : "No events yet.");
  }

  makeItem(key) {
    const row = element("button", { type: "button", className: "event", tabIndex: -1 });
    const item = element("li", {}, row);
    for (const type of ["focus", "pointerenter"]) row.addEventListener(type, () => this.detail.show(item.events[0]));
    row.onclick = () => (item.events.length > 1 ? this.toggle(key) : item.events[0].journey && this.onJourney(item.events[0].journey));
    return item;
  }

  toggle(key) {
    if (!this.open.delete(key)) this.open.add(key);
    this.requestRender();
  }

  updateItem(item, { key, events, isPart }, participants) {
    const row = item.firstElementChild;
    const [event] = events;
    const participant = event.what === "full" ? participants.find(undefined, event.channel) : participants.find(event.connection);
    const who = participants.nameOf(participant);
    if (events.length > 1) row.ariaExpanded = String(this.open.has(key));
    const state = `${events.length} ${event.n} ${who}`;
    if (item.state === state) return;
    Object.assign(item, { state, events });
    Object.assign(item.dataset, { what: event.what, n: event.n });
    item.classList.toggle("part", Boolean(isPart));
    row.replaceChildren(
      element("time", { textContent: formatTime(event.at) }),
      events.length > 1 ? element("span", { className: "fold" }) : element("span", { className: "who" }, numberDisc(participant?.number ?? 0), isolated(who)),
      element("b", { textContent: events.length > 1 ? `${formatNumber(events.length)} × ${event.what}` : event.what }),
      element("span", { className: "source", textContent: formatSource(event) }),
      isolated(truncate(formatEvent(event).replace(/\s+/g, " "), MAX_ROW_CHARACTERS), "line"));
  }
}

// The newest events that match, as at most `maxRows` rows {key, events}: a delivery to many is one row, and so is a fault, and
// what many do who come or leave together.
function foldEvents(events, matches, maxRows) {
  const folds = new Map();
  let hasMore = false;
  let last = null;
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const event = events[index];
    if (!matches(event)) continue;
    const key = foldKey(event);
    hasMore ||= folds.size >= maxRows && !folds.has(key);
    if (hasMore && togetherWith(event) !== togetherWith(last)) break; // the last row is whole
    if (folds.has(key)) folds.get(key).push(event);
    else if (!hasMore) folds.set(key, [(last = event)]);
  }
  const rows = [...folds].flatMap(([key, folded]) => (isFold(folded) ? [{ key, events: folded }] : folded.map((event) => ({ key: event.n, events: [event] }))));
  rows.sort((one, other) => other.events[0].n - one.events[0].n);
  return { rows: rows.slice(0, maxRows), hasMore: hasMore || rows.length > maxRows };
}

function foldKey(event) {
  const { n, what, journey, room, type, detail, source } = event;
  if (FAULTS.includes(what)) return `${what} ${detail} ${source?.file} ${source?.line}`;
  if (ARRIVALS.includes(what) || (DELIVERIES.includes(what) && journey)) return `${what} ${togetherWith(event)} ${room} ${type} ${source?.file} ${source?.line}`;
  return n;
}

function togetherWith({ journey, at }) {
  return journey ?? `period ${Math.floor(at / PERIOD_SECONDS)}`;
}

function isFold([{ what }, ...others]) {
  return others.length > 0 && (FAULTS.includes(what) || others.length >= MIN_FOLDED - 1);
}

function partsOf({ events }) {
  return events.slice(0, MAX_OPEN_ROWS).map((event) => ({ key: event.n, events: [event], isPart: true }));
}

// Filters by kind, direction, participant and text.
class EventFilters {
  constructor(form, onChange) {
    this.kind = select("filter-kind", KIND_LABELS);
    this.direction = select("filter-direction", DIRECTION_LABELS);
    this.participant = element("select", { id: "filter-who" }, element("option", { value: "", textContent: "all" }));
    this.text = element("input", { id: "filter-text", type: "search", placeholder: "text in the event", autocomplete: "off" });
    const controls = { Kind: this.kind, Direction: this.direction, Participant: this.participant, Text: this.text };
    form.append(...Object.entries(controls).map(([label, control]) => element("label", {}, `${label} `, control)));
    form.oninput = onChange;
    form.onsubmit = (event) => event.preventDefault();
  }

  updateParticipants(participants) {
    const numbered = [...participants.byConnection.values()].filter(({ number }) => number);
    const key = numbered.map((one) => `${one.id} ${participants.label(one)} ${one.until}`).join();
    if (key === this.participantsKey) return;
    this.participantsKey = key;
    const { value } = this.participant;
    // One that has left may have had the number of one that is here.
    const options = numbered.map((one) => element("option", { value: one.id, textContent: `${participants.label(one)} in ${one.place}${one.until === Infinity ? "" : `, until ${formatTime(one.until)}`}` }));
    this.participant.replaceChildren(this.participant.options[0], ...options);
    this.participant.value = numbered.some(({ id }) => String(id) === value) ? value : "";
  }

  // Returns a function: does the list show this event?
  matcher(room) {
    const kinds = KINDS[this.kind.value];
    const directed = DIRECTIONS[this.direction.value];
    const withHeartbeats = this.kind.value !== "news";
    const connection = this.participant.value;
    const text = this.text.value.trim().toLowerCase();
    return (event) =>
      (!room || event.room === room || event.room === undefined) &&
      (!kinds || kinds.includes(event.what)) &&
      (!directed || directed.includes(event.what)) &&
      (withHeartbeats || !isHeartbeat(event)) &&
      (!connection || String(event.connection) === connection) &&
      (!text || `${event.what} ${event.consumer ?? ""} ${formatEvent(event)}`.toLowerCase().includes(text));
  }
}

function select(id, labels) {
  return element("select", { id }, ...Object.entries(labels).map(([value, textContent]) => element("option", { value, textContent })));
}

// The groups, their members and how full the members' queues are; the channels that are no consumer's own; and the buttons
// to freeze, step and thaw a group.

const MAX_MEMBERS = 40; // listed for each group
const MAX_READ_SECONDS = 5; // events that wait longer are marked

class GroupList {
  constructor(root) {
    this.list = element("ul", { className: "groups" });
    this.empty = element("p", { className: "none", textContent: "There are no groups: no consumer has joined one." });
    root.append(this.list, this.empty);
  }

  render(recording, room) {
    const groups = recording.state.groups.filter((group) => !room || recording.placeOfGroup(group) === room);
    const channels = new Map(recording.state.channels.map((channel) => [channel.channel, channel]));
    syncList(this.list, groups, ({ group }) => group, makeGroup, (item, group) => updateGroup(item, group, channels, recording.participants));
    this.empty.hidden = groups.length > 0;
  }
}

function makeGroup({ group }) {
  const members = element("ol", { className: "members", ariaLabel: `Members of ${group}` });
  return element("li", {}, element("p", { className: "group-name" }, isolated(group), " ", element("span", { className: "many" })), members,
    element("p", { className: "none expiry" }));
}

function updateGroup(item, { members, shared, expiry, frozen, held }, channels, participants) {
  const shownPart = members.length > MAX_MEMBERS ? `, the first ${MAX_MEMBERS} of them` : "";
  const here = shared ? " in this process; there may be more in others" : "";
  setText(item.querySelector(".many"), `${formatCount(members.length, "member")}${here}${shownPart}${frozen ? `, frozen: ${formatNumber(held)} held` : ""}`);
  setText(item.querySelector(".expiry"), describeGone(members.filter((member) => member.gone), expiry));
  item.classList.toggle("frozen", frozen);
  syncList(item.querySelector(".members"), members.slice(0, MAX_MEMBERS), ({ channel }) => channel,
    (member) => makeMember(member, participants), (row, member) => updateMember(row, member, channels.get(member.channel), participants));
}

function describeGone(gone, expiry) {
  if (gone.length === 0) return "";
  const { joined } = gone.find((member) => member.joined) ?? {};
  const where = joined ? `, after group_add at ${joined}` : "";
  return `${formatCount(gone.length, "consumer has", "consumers have")} ended without group_discard${where}. ${expiry ?? ""}`;
}

function makeMember({ channel, connection }, participants) {
  const participant = participants.find(connection, channel);
  return element("li", {}, numberDisc(participant?.number ?? 0), element("span", { className: "whose" }),
    element("code", { className: "channel", textContent: channel, title: channel }),
    element("span", { className: "meter" }, element("span", { className: "fill" }), element("span", { className: "level" })));
}

function updateMember(row, { gone, channel, connection }, queue, participants) {
  const participant = participants.find(connection, channel);
  row.classList.toggle("gone", Boolean(gone));
  setText(row.querySelector(".whose"), gone ? "its consumer is gone" : participant?.number ? participants.label(participant) : "no browser");
  const { waiting = 0, capacity } = queue ?? {};
  const level = formatLevel(waiting, capacity);
  setText(row.querySelector(".level"), level);
  row.querySelector(".meter").title = `${level} events wait in its queue`;
  row.querySelector(".fill").style.width = `${queuePercent(waiting, capacity)}%`;
}

// Channels that workers read, with their events and whether anybody has read one.
class ChannelList {
  constructor(root) {
    this.title = element("h3", { textContent: "Channels of workers" });
    this.list = element("ul", { className: "groups" });
    root.append(this.title, this.list);
  }

  render({ state }) {
    const channels = state.channels.filter(({ read }) => read !== undefined);
    this.title.hidden = channels.length === 0;
    syncList(this.list, channels, ({ channel }) => channel, makeChannel, updateChannel);
  }
}

function makeChannel({ channel }) {
  return element("li", {}, element("p", { className: "group-name" }, isolated(channel), " ", element("span", { className: "many" })));
}

function updateChannel(item, { waiting, capacity, read }) {
  const age = read === null ? Infinity : Date.now() / 1000 - read;
  const count = capacity ? `${formatLevel(waiting, capacity)} events wait` : `${formatCount(waiting, "event waits", "events wait")}`;
  const reader = read === null ? "no worker has read any" : `the last one was read ${formatAge(age)} ago`;
  setText(item.querySelector(".many"), waiting ? `${count}: ${reader}` : "no event waits");
  item.classList.toggle("unread", waiting > 0 && age > MAX_READ_SECONDS);
}

// The page's tools, each {key, name, run, button, render}: buttons above the chart and above the events, and keys.

const KEY_LABELS = { ArrowLeft: "←", ArrowRight: "→" };

// Choose, replay and pin a journey; freeze, step and thaw its group.
function addJourneyTools(bar, { recordings, selection, chart, rooms, freezeControls, requestRender }) {
  const presentButton = button("Present", null, { title: "Presentation view: only the chart, in large letters" });
  const presentation = new Presentation(presentButton, { key: null });
  const move = (step) => () => selection.move(step, recordings.shown, rooms.selected);
  const selected = () => recordings.shown.journeys.byId.get(selection.selectedId);
  const togglePin = () => {
    const journey = selected();
    if (journey) journey.isPinned = !journey.isPinned;
    requestRender();
  };
  const tools = {
    older: tool("← Older", "ArrowLeft", "Previous message", move(-1)),
    newer: tool("Newer →", "ArrowRight", "Next message", move(1)),
    newest: tool("Newest", "n", "Follow the newest message", () => selection.followNewest()),
    replay: tool("Play again", "r", "Play the path again", () => chart.playAgain()),
    pin: tool("Pin", "k", "Keep this message when older events are dropped", togglePin),
    present: { key: "v", name: "Presentation view", run: () => presentation.toggle(), button: presentButton },
    freeze: { key: "f", name: "Freeze the group", run: () => freezeControls.runCommand("freeze") },
    step: { key: "s", name: "One step", run: () => freezeControls.runCommand("step") },
    thaw: { key: "t", name: "Thaw the group", run: () => freezeControls.runCommand("thaw") },
  };
  for (const moves of [tools.older, tools.newer, tools.replay]) moves.render = () => (moves.button.disabled = !selected());
  tools.newest.render = () => (tools.newest.button.disabled = selection.isFollowing);
  tools.pin.render = () => {
    tools.pin.button.disabled = !selected();
    tools.pin.button.setAttribute("aria-pressed", String(Boolean(selected()?.isPinned)));
  };
  addButtons(bar, tools);
  return tools;
}

// Pause, clear, export and open a recording.
function addRecordingTools(bar, { recordings, send, requestRender, selection, notice }) {
  const fileInput = element("input", { type: "file", accept: ".json,application/json", hidden: true, id: "file" });
  const togglePause = () => {
    recordings.togglePause();
    requestRender();
  };
  const clear = () => {
    send({ do: "clear" });
    recordings.clear();
    recordings.live.clearProblems();
    requestRender();
  };
  const showLive = () => {
    recordings.showLive();
    showNotice("");
    selection.followNewest();
  };
  const tools = {
    pause: tool("Pause", "p", "Pause or continue", togglePause),
    clear: tool("Clear", null, "Delete all events", clear), // without a key: it can't be undone
    save: tool("Export", "e", "Save the events to a file", () => saveRecording(recordings.shown)),
    open: tool("Open a file", "o", "View a saved file", () => fileInput.click()),
    live: tool("Back to live", "l", "Close the file and show live events", showLive),
  };
  const showNotice = (text) => Object.assign(notice, { textContent: text, hidden: !text });
  fileInput.onchange = async () => {
    const [file] = fileInput.files;
    fileInput.value = ""; // so that the same file can be chosen again
    if (!file) return;
    try {
      recordings.showFile(loadRecording(await file.text()), file.name);
      showNotice(`Viewing file ${file.name}. Not live.`);
    } catch (error) {
      showNotice(`${file.name}: ${error.message}`);
    }
    selection.followNewest();
  };
  tools.pause.render = () => {
    setText(tools.pause.button, recordings.isPaused ? `Continue (${formatCount(recordings.waitingEvents, "new event")})` : "Pause");
    tools.pause.button.setAttribute("aria-pressed", String(recordings.isPaused));
  };
  tools.clear.render = () => (tools.clear.button.disabled = Boolean(recordings.fileName)); // it would clear the live events
  tools.live.render = () => (tools.live.button.hidden = !recordings.fileName);
  addButtons(bar, tools);
  bar.append(fileInput);
  return tools;
}

function tool(label, key, name, run) {
  return { key, name, run, button: button(label, run, { title: name }) };
}

function addButtons(bar, tools) {
  bar.append(...Object.values(tools).map((tool) => tool.button).filter(Boolean));
}

// The tools' keys work except while the visitor types. The keys can be switched off: with speech input or unsteady hands
// they are pressed by accident (WCAG 2.2, 2.1.4). The keys are listed in `list`.
function bindKeys(list, tools) {
  const all = Object.values(tools).filter(({ key }) => key);
  const isOn = element("input", { type: "checkbox", checked: true, id: "keys-on" });
  list.before(element("label", { className: "switch" }, isOn, " Use these keys"));
  list.append(...all.flatMap(({ key, name }) => [element("dt", {}, element("kbd", { textContent: KEY_LABELS[key] ?? key })), element("dd", { textContent: name })]));
  document.addEventListener("keydown", (event) => {
    if (!isOn.checked || !isShortcut(event)) return;
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key; // Caps Lock may be on
    const tool = all.find(({ key }) => key === pressed);
    if (!tool || tool.button?.disabled || tool.button?.hidden) return;
    event.preventDefault();
    tool.run();
  });
}

// Saves a recording as a file, and loads it again.

const KIND = "inspector";
const VERSION = 1;
const NUMBERS = ["connection", "journey", "size", "members", "waiting", "ms"];
const TEXTS = ["room", "consumer", "instance", "channel", "group", "type", "payload", "detail", "meaning", "method", "path"];

function saveRecording(recording) {
  const content = { chatdemo: KIND, version: VERSION, events: recording.allEvents(), state: recording.state, problems: [...recording.problems.values()] };
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }));
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "").replace("T", "-");
  Object.assign(document.createElement("a"), { href: address, download: `chatdemo-${time}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// Returns the Recording in a file's text. Throws an Error with a sentence for the visitor.
function loadRecording(text) {
  const content = parseJson(text);
  if (content?.chatdemo !== KIND || !Array.isArray(content.events)) throw new Error("This isn't a file of the inspector. Choose a file that you saved with Export.");
  if (content.version !== VERSION) throw new Error("This file is from another version of chatdemo. Open it with that version.");
  const damage = findDamage(content);
  if (damage) throw new Error(`This file is damaged: ${damage}`);
  const { events, state, problems } = content;
  const recording = new Recording(Math.max(5_000, events.length));
  recording.add(events);
  if (state) recording.setState(state);
  recording.addProblems(problems ?? []);
  return recording;
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("This file isn't JSON. Choose a file that you saved with Export.");
  }
}

// What is wrong with a file's events and state, as the end of a sentence; "" if nothing is. The page relies on the type
// of each value.
function findDamage({ events, state, problems }) {
  let lastNumber = -Infinity;
  for (const event of events) {
    if (!isEvent(event)) return "some events have no number, time or kind.";
    if (event.n <= lastNumber) return `event ${event.n} is out of order.`;
    lastNumber = event.n;
    const wrong = findWrongValue(event);
    if (wrong) return `event ${event.n} has a wrong ${wrong}.`;
  }
  const lists = { notes: [], ...state }; // an older file has no notes
  const list = state ? Object.keys(IS_STATE_ITEM).find((name) => !Array.isArray(lists[name]) || !lists[name].every(IS_STATE_ITEM[name])) : null;
  if (problems && !(Array.isArray(problems) && problems.every(isProblem))) return "its problems can't be read.";
  return list ? `its ${list} can't be read.` : "";
}

function isEvent(event) {
  return Number.isInteger(event?.n) && Number.isFinite(event.at) && typeof event.what === "string";
}

// Returns the name of a value that has the wrong type.
function findWrongValue(event) {
  const isNot = (type) => (name) => event[name] !== undefined && event[name] !== null && typeof event[name] !== type;
  const { source, traceback } = event;
  if (source && !isSourceLine(source)) return "source";
  if (traceback && !(Array.isArray(traceback) && traceback.every(isSourceLine))) return "traceback";
  return NUMBERS.find(isNot("number")) ?? TEXTS.find(isNot("string"));
}

function isProblem(value) {
  const { number, text, last, source, traceback } = value ?? {};
  const lines = [...(Array.isArray(traceback) ? traceback : []), ...(source ? [source] : [])];
  return Number.isInteger(number) && typeof text === "string" && Number.isFinite(last) && lines.every(isSourceLine);
}

function isSourceLine(value) {
  return typeof value?.file === "string" && Number.isInteger(value.line);
}

// A test for the items of each list in the state.
const IS_STATE_ITEM = {
  connections: (item) => Number.isInteger(item?.id),
  groups: (item) => typeof item?.group === "string" && Array.isArray(item.members) && item.members.every((member) => typeof member?.channel === "string"),
  channels: (item) => typeof item?.channel === "string" && Number.isInteger(item.waiting) && Number.isInteger(item.capacity ?? 0),
  notes: (item) => Array.isArray(item) && item.every((text) => typeof text === "string"),
};

// The inspector's page: connects the feed to the chart, the lists and the tools.

const MAX_ROOM_CHARACTERS = 40;
const NO_MESSAGE = "Send a message in one of the browsers. Its path appears here.";
const NOBODY = "Open the chat in two tabs and send a message. Its path appears here.";

// The choice of the room that the chart and the lists show.
class RoomSelect {
  constructor(select, onChange) {
    this.select = select;
    this.select.onchange = onChange;
  }

  // Null for the room of the newest message.
  get selected() {
    return this.select.value || null;
  }

  render(recording) {
    const places = [...recording.participants.byConnection.values()].map(({ place }) => place);
    const names = [...new Set(places.filter(Boolean))].sort();
    if (this.selected && !names.includes(this.selected)) names.push(this.selected);
    if (names.join("\n") === this.namesKey) return;
    this.namesKey = names.join("\n");
    const { value } = this.select;
    const options = names.map((name) => element("option", { value: name, textContent: truncate(name, MAX_ROOM_CHARACTERS), title: name }));
    this.select.replaceChildren(this.select.options[0], ...options);
    this.select.value = value;
  }
}

// Says how many events were lost, not recorded or dropped.
function renderLosses(place, { state, dropped }) {
  const parts = [];
  if (state.lost) parts.push(`${formatCount(state.lost, "event")} lost because a channel was full`);
  if (state.unrecorded) parts.push(`${formatCount(state.unrecorded, "message wasn't", "messages weren't")} recorded (too many at once)`);
  if (dropped) parts.push(`${formatCount(dropped, "older event")} dropped`);
  setText(place, parts.join(" · "));
  place.classList.toggle("bad", state.lost > 0);
}

// Says which server this is, if several can be one chat, and which of its processes, if it can have several.
function renderServer(place, { server, process }) {
  const others = server?.count > 1 ? `one of ${server.count}` : "the only one";
  const parts = server ? [`Server ${server.name}, ${others}`] : [];
  if (process && process.workers !== 1) parts.push(`This page shows process ${process.pid}. ${otherWorkers(process)}`);
  setText(place, parts.join(" · "));
}

function otherWorkers({ workers }) {
  const others = workers === null ? "If the server has more workers, each has" : `The server has ${workers} workers, and each has`;
  return `${others} its own connections and its own page: reload to get another.`;
}

// Says what the server has to say about the project: a label and a text each.
function renderNotes(place, { notes }) {
  const key = JSON.stringify(notes);
  if (key === place.dataset.shown) return;
  place.dataset.shown = key;
  const items = notes.map(([label, text]) => element("li", {}, element("strong", { textContent: label }), " ", isolated(text)));
  place.querySelector("ul").replaceChildren(...items); // the page came with the same ones, and nothing moves
  place.hidden = notes.length === 0;
}

const byId = (id) => document.getElementById(id);
let frame = null;
const requestRender = () => (frame ??= requestAnimationFrame(render));

const recordings = new RecordingSwitch(new Recording(), (recording, message) => feed.apply(recording, message));
const feed = new Feed("/inspect/feed/", byId("status"), (message) => {
  recordings.receive(message);
  requestRender();
});
const send = (command) => {
  if (recordings.fileName && command.group) feed.showError("Groups in a file can't be frozen. Go back to live first.");
  else feed.send(command);
};
const selection = new JourneySelection(requestRender);
const rooms = new RoomSelect(byId("room"), requestRender);
const chart = new Chart(byId("chart"), new EventDetail("Choose a row to see what it carries."));
const groups = new GroupList(byId("groups"));
const channels = new ChannelList(byId("channels"));
const freezeControls = new FreezeControls(byId("freezer"), send);
const connections = new ConnectionTable(byId("connections"));
const events = new EventList(byId("events"), byId("filters"), requestRender, (journey) => selection.choose(journey));
const problems = new ProblemPanel(byId("problems"), requestRender, (journey) => selection.choose(journey));
const page = { recordings, selection, chart, rooms, freezeControls, send, requestRender, notice: byId("notice") };
const tools = { ...addJourneyTools(byId("journey-bar"), page), ...addRecordingTools(byId("events-bar"), page) };
bindKeys(byId("keys"), tools);

function render() {
  frame = null;
  const recording = recordings.shown;
  const room = rooms.selected;
  const journey = selection.update(recording, room);
  const place = journey?.room ?? room ?? recording.newestPlace();
  rooms.render(recording);
  chart.render(recording, journey, place, recording.state.connections.length ? NO_MESSAGE : NOBODY);
  freezeControls.render(recording.state.groups.filter((group) => group.frozen || recording.placeOfGroup(group) === place));
  groups.render(recording, room);
  channels.render(recording);
  connections.render(recording, room);
  events.render(recording, room);
  problems.render(recording);
  renderLosses(byId("counts"), recording);
  renderServer(byId("server"), recording.state);
  renderNotes(byId("notes"), recording.state);
  for (const tool of Object.values(tools)) tool.render?.();
}

setInterval(requestRender, 1000); // for the connections' ages
requestRender();
