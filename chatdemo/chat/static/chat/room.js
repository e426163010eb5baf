// The room's page: connects its parts. A message goes from the composer to the outbox and the socket; a received one
// goes from the socket through the message order and the outbox to the log.
import { ReconnectingSocket, showConnectionState } from "../common/reconnecting-socket.js";
import { Composer } from "./composer.js";
import { EarlierMessages, MessageOrder } from "./history.js";
import { MessageLog } from "./message-log.js";
import { Outbox } from "./outbox.js";
import { PeopleList, TypingIndicator, setUpNameForms } from "./people.js";
import { Receipts } from "./receipts.js";
import { clientSecret } from "./storage.js";

const SILENCE_MS = 10_000; // the server sends a heartbeat every 4 s and an answer to each message; else the line is dead
const NEW_HISTORY_CODE = 4410;

const byId = (id) => document.getElementById(id);
const room = byId("room");
const past = JSON.parse(byId("past").textContent);
const view = byId("messages");

const socket = new ReconnectingSocket(() => socketAddress(room.dataset.socket), { protocol: "chatdemo", silenceMs: SILENCE_MS });
const send = (frame) => socket.send(frame);
const order = new MessageOrder(past);
const log = new MessageLog(view, byId("newest"), byId("chat-log"));
const composer = new Composer(byId("composer"), Number(room.dataset.maxMessage));
const focusComposer = () => composer.focus();
const outbox = new Outbox(document.querySelector(".waiting"), room.dataset.socket, past.kept, send);
const people = new PeopleList(byId("people"));
const receipts = new Receipts(log.list, send);
const typing = new TypingIndicator(byId("doing"), composer.input, send);

for (const message of past.messages) log.add(message, message.own);
setUpNameForms(byId("name"), byId("asked"), focusComposer);
showConnectionState(byId("connection"), socket, "Connected", focusComposer);
outbox.restore();
log.scrollToEnd();
const earlier = new EarlierMessages(view, log, room.dataset.older, past.more);

function socketAddress(path) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("client", clientSecret());
  if (past.kept) url.searchParams.set("after", order.lastSeq);
  return url;
}

composer.onMessage = (text) => {
  outbox.add(text);
  typing.messageSent();
  log.scrollToEnd();
};
outbox.onEdit = (text) => composer.edit(text);
outbox.onButtonRemoved = focusComposer;

// What to do with each event of the server.
const EVENTS = {
  beat: () => send({ beat: true }),
  welcome(frame) {
    if (order.updateHistory(frame.history)) onHistoryReplaced(people.ownName && !frame.you);
    people.welcome(frame);
  },
  people(frame) {
    people.update(frame);
    log.presenceNotices(people.notices(frame));
  },
  typing: ({ name }) => typing.show(name),
  reached: ({ counts }) => receipts.showCounts(counts),
  who: (frame) => receipts.showNames(frame),
  lost: ({ first, last }) => log.notice(`Messages that the server has lost: ${last - first + 1}. They stay on this page, and those who come later don't see them.`),
};

socket.addEventListener("open", ({ detail: { secondsAway } }) => {
  order.connected();
  if (secondsAway && !past.kept) log.notice(`Connected again. Messages that others sent during those ${secondsAway} s are not shown here.`);
  outbox.flush();
});
socket.addEventListener("lost", ({ detail: { code } }) => {
  if (code === NEW_HISTORY_CODE) order.distrust();
  outbox.connectionLost();
});
socket.addEventListener("message", ({ detail: frame }) => {
  if (frame.error) onError(frame);
  else if (frame.event) EVENTS[frame.event]?.(frame);
  else if (typeof frame.message === "string") onMessage(frame);
});

function onError({ id, error, detail }) {
  if (!outbox.refused(id, error, detail) && error !== "too_fast") composer.showError(detail);
}

function onMessage(frame) {
  const isOwn = outbox.remove(frame.id);
  const place = order.accept(frame.seq);
  if (place === "next") {
    log.add(frame, isOwn);
    typing.hide(frame.name);
    receipts.acknowledge(frame.seq);
    if (order.isKeyUnknown) earlier.fetchKey((key) => (order.history ||= key));
  } else if (place === "gap") {
    socket.reconnect(); // the new connection's address asks for the missing messages
  }
}

// The room has a new history. The messages on the page stay, and the page asks for all new ones.
function onHistoryReplaced(isNameLost) {
  for (const part of [log, earlier, receipts]) part.historyReplaced();
  log.notice("The earlier messages are no longer stored here.");
  if (isNameLost) log.notice("Your name was cleared too. Reload the page to set it again.");
  socket.reconnect();
}
socket.connect();
