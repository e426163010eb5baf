// The inspector's page: connects the feed to the chart, the lists and the tools.
import { element, isolated, setText } from "./common/dom.js";
import { Chart } from "./chart.js";
import { ConnectionTable } from "./connections.js";
import { EventDetail } from "./event-detail.js";
import { EventList } from "./events.js";
import { Feed } from "./feed.js";
import { formatCount, truncate } from "./format.js";
import { ChannelList, FreezeControls, GroupList } from "./groups.js";
import { JourneySelection } from "./journeys.js";
import { syncList } from "./list-elements.js";
import { ProblemList } from "./problems.js";
import { Recording, RecordingSwitch } from "./recording.js";
import { addJourneyTools, addRecordingTools, bindKeys } from "./toolbar.js";

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
  const make = ([label, text]) => element("li", {}, element("strong", { textContent: label }), " ", isolated(text));
  syncList(place.querySelector("ul"), notes, (note) => note.join("\n"), make);
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
const chart = new Chart(byId("chart"), new EventDetail("Point at an arrow, or move to it with the keyboard, to see what it carries."));
const groups = new GroupList(byId("groups"));
const channels = new ChannelList(byId("channels"));
const freezeControls = new FreezeControls(byId("freezer"), send);
const connections = new ConnectionTable(byId("connections"));
const events = new EventList(byId("events"), byId("filters"), requestRender, (journey) => selection.choose(journey));
const problems = new ProblemList(byId("problems"), requestRender, (journey) => selection.choose(journey));
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
