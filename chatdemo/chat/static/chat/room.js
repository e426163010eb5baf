// The room page: joins its parts. A message goes composer, outbox, connection; and connection, sequence, outbox, log.
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { MessageLog } from "./log.js";
import { askName } from "./name.js";
import { Older } from "./older.js";
import { Reached } from "./reached.js";
import { Typing } from "./typing.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { Sequence } from "./sequence.js";
import { showConnection } from "./status.js";
import { secret } from "./storage.js";

const room = document.getElementById("room");
const past = JSON.parse(document.getElementById("past").textContent);
const view = document.getElementById("messages");

const sequence = new Sequence(past);
const log = new MessageLog(view, document.getElementById("newest"), document.getElementById("chat-log"));
const connection = new Connection(() => address(room.dataset.socket), "chatdemo");
const composer = new Composer(document.getElementById("composer"), Number(room.dataset.maxMessage));
const outbox = new Outbox(document.querySelector(".waiting"), room.dataset.socket, past.kept, (text) => connection.send(text));
const people = new People(document.getElementById("people"));
const tell = (signal) => connection.send(JSON.stringify(signal));
const reached = new Reached(log.list, tell);
const typing = new Typing(document.getElementById("doing"), composer.input, tell);

for (const message of past.messages) log.add(message, message.own);
askName(document.getElementById("name"), document.getElementById("asked"), () => composer.focus());
showConnection(document.getElementById("connection"), connection, () => composer.focus());
outbox.restore();
log.toEnd();
const older = new Older(view, log, room.dataset.older, past.more);

function address(path) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("client", secret());
  if (past.kept) url.searchParams.set("after", sequence.last);
  return url;
}

composer.onMessage = (text) => {
  outbox.add(text);
  typing.sent();
  log.toEnd();
};
outbox.onEdit = (text) => composer.edit(text);
outbox.onChosen = () => composer.focus();
connection.addEventListener("open", ({ detail }) => {
  sequence.connected();
  if (detail.away && !past.kept) log.notice(`Connected again. What others said during those ${detail.away} s isn't shown here.`);
  outbox.flush();
});
connection.addEventListener("lost", () => outbox.onLost());
connection.addEventListener("frame", ({ detail: frame }) => {
  if (frame.error) {
    if (!outbox.fail(frame.id, frame.error, frame.detail) && frame.error !== "too_fast") composer.warn(frame.detail);
  } else if (frame.event === "welcome") {
    if (sequence.welcome(frame.history)) beginAnew(people.you && !frame.you);
    people.welcome(frame);
  } else if (frame.event === "people") {
    people.change(frame);
    log.notices(people.lines(frame));
  } else if (frame.event === "typing") {
    typing.show(frame.name);
  } else if (frame.event === "reached") {
    reached.show(frame.counts);
  } else if (frame.event === "who") {
    reached.tell(frame);
  } else if (typeof frame.message === "string") {
    take(frame);
  }
});

// The room has another history: what is shown stays, and all of the new one is asked for.
function beginAnew(isForgotten) {
  for (const part of [log, older, reached]) part.forget();
  log.notice("What was said before is no longer kept here.");
  if (isForgotten) log.notice("Nor is your name: load this page again to be known by it.");
  connection.again();
}

function take(frame) {
  const own = outbox.confirm(frame.id);
  const place = sequence.place(frame.seq);
  if (place === "next") {
    log.add(frame, own);
    typing.stopped(frame.name);
    reached.got(frame.seq);
    if (sequence.isUnknown) older.learn((key) => (sequence.history ||= key));
  } else if (place === "gap") {
    connection.again(); // and ask for what is missing
  }
}
connection.connect();
