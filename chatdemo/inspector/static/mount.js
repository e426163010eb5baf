// The chart of one room, with freeze, step and thaw, anywhere: mountChart(element, {feed: "/inspect/feed/?watch=…"}).
import { Chart } from "./chart.js";
import { Detail } from "./detail.js";
import { button, element, write } from "./dom.js";
import { Feed } from "./feed.js";
import { Freezer } from "./freezer.js";
import { Selection } from "./selection.js";
import { showStatus } from "./status.js";
import { Tape } from "./tape.js";
import { Troubles } from "./troubles.js";

const SAY = "Say something in one of the tabs, and its way is drawn here.";
const WAIT = "Nobody is connected to this room yet.";

export function mountChart(root, { feed: url }) {
  const tape = new Tape();
  const feed = new Feed(url);
  const selection = new Selection(() => schedule());
  const send = (command) => feed.send(command);
  const bar = element("div", { className: "chart-bar" });
  root.classList.add("chart");
  const trouble = element("ul", { className: "troubles", ariaLabel: "Errors and refused connections", hidden: true });
  const troubles = new Troubles(trouble);
  root.append(bar, trouble);
  const chart = new Chart(root, null);
  chart.detail = new Detail(root, "Point at an arrow, or go to it with the keyboard, to see what it carries.");
  const move = (step) => () => selection.move(step, tape);
  const status = element("p", { className: "connection" });
  const latest = button("Newest", () => selection.latest());
  bar.append(button("← Older", move(-1)), button("Newer →", move(1)), latest, button("Play again", () => chart.replay()));
  const freezer = new Freezer(bar, send);
  bar.append(status);
  showStatus(status, feed);

  let frame = null;
  const schedule = () => (frame ??= requestAnimationFrame(render));
  function render() {
    frame = null;
    const journey = selection.pick(tape);
    const place = journey ? journey.room ?? placeOf(tape) : placeOf(tape);
    chart.show(tape, journey, place, tape.state.connections.length ? SAY : WAIT);
    freezer.render(tape.state.groups);
    troubles.render(tape);
    latest.disabled = selection.following;
  }

  feed.addEventListener("message", ({ detail }) => {
    receive(tape, detail, (sentence) => write(status.querySelector(".trouble"), sentence));
    schedule();
  });
  feed.connect();
  schedule();
  return { tape, feed, chart };
}

// What the server says, onto the tape; a sentence about a command that couldn't be done goes to `complain`.
export function receive(tape, message, complain) {
  if (message.kind === "hello") tape.limit = message.limit ?? tape.limit;
  else if (message.kind === "events") tape.add(message.events, message.dropped);
  else if (message.kind === "state") tape.set(message);
  else if (message.kind === "error") complain(message.detail);
}

// Where people are: the place of the newest connection.
export function placeOf(tape) {
  const newest = tape.state.connections.at(-1);
  return newest ? newest.room ?? newest.path : null;
}
