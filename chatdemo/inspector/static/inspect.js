// The inspector's page: what the feed tells, in a chart and in lists.
import { Chart } from "./chart.js";
import { Connections } from "./connections.js";
import { Counts } from "./counts.js";
import { Detail } from "./detail.js";
import { Events } from "./events.js";
import { Feed } from "./feed.js";
import { Groups } from "./groups.js";
import { bindKeys } from "./keys.js";
import { placeOf, receive } from "./mount.js";
import { Recorder } from "./recorder.js";
import { Rooms } from "./rooms.js";
import { Selection } from "./selection.js";
import { showStatus } from "./status.js";
import { Tape } from "./tape.js";
import { journeyTools, tapeTools } from "./tools.js";
import { Troubles } from "./troubles.js";
import { write } from "./dom.js";

const byId = (id) => document.getElementById(id);
const SAY = "Say something in one of the browsers, and its way is drawn here.";
const OPEN = "Open the chat in two tabs and say hello: the way of your message is drawn here.";

const feed = new Feed("/inspect/feed/");
const recorder = new Recorder(new Tape(), (tape, message) => receive(tape, message, complain));
const selection = new Selection(() => schedule());
const rooms = new Rooms(byId("room"), () => schedule());
const chart = new Chart(byId("chart"), null);
chart.detail = new Detail(byId("chart"), "Point at an arrow, or go to it with the keyboard, to see what it carries.");
const FILE = "What is in a file can't be frozen: go back to live first.";
const send = (command) => (recorder.file && command.group ? complain(FILE) : feed.send(command));
const groups = new Groups(byId("groups"), byId("freezer"), send);
const connections = new Connections(byId("connections"));
const events = new Events(byId("events"), byId("filters"), () => schedule(), (journey) => selection.choose(journey));
const troubles = new Troubles(byId("troubles"));
const counts = new Counts(byId("counts"));
const app = { feed, recorder, selection, chart, groups, rooms, events, send, schedule, notice: byId("notice") };
const tools = { ...journeyTools(byId("journey-bar"), app), ...tapeTools(byId("events-bar"), app) };
bindKeys(byId("keys"), tools);
showStatus(byId("status"), feed);

let frame = null;
function schedule() {
  frame ??= requestAnimationFrame(render);
}

function render() {
  frame = null;
  const { tape } = recorder;
  const room = rooms.chosen;
  const journey = selection.pick(tape, room);
  const place = journey?.room ?? room ?? placeOf(tape);
  rooms.render(tape);
  chart.show(tape, journey, place, tape.state.connections.length ? SAY : OPEN);
  groups.render(tape, room, place);
  connections.render(tape, room);
  events.render(tape, room);
  troubles.render(tape, room);
  counts.render(tape);
  for (const tool of Object.values(tools)) tool.render?.();
}

function complain(sentence) {
  write(byId("status").querySelector(".trouble"), sentence);
}

feed.addEventListener("message", ({ detail }) => {
  recorder.take(detail);
  schedule();
});
feed.connect();
setInterval(schedule, 1000); // ages
schedule();
