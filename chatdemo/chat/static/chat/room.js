// The room page: the composer, the people, the receipts, and what connects them to the socket.
import { Presentation, ReconnectingSocket, TAB, button, element, formatNumber, isolated, randomId, read, showConnectionState, write } from "../common/page.js";
import { EarlierMessages, MessageLog, MessageOrder, Outbox, avatar } from "./messages.js";

// The field to write in. What can't be sent stays in it with the reason, and what is unfinished survives a reload.

const DRAFT_KEY = `chatdemo draft ${location.pathname}`; // for each tab
// Spaces and invisible characters: the server refuses a message that has nothing else.
const INVISIBLE = /^[\s\p{Cf}]*$/u;

class Composer {
  constructor(form, maxCharacters) {
    this.form = form;
    this.maxCharacters = maxCharacters;
    this.input = form.querySelector("textarea");
    this.note = form.querySelector("#composer-note");
    this.onMessage = () => {};
    form.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
    this.input.onkeydown = (event) => this.onKey(event);
    this.input.oninput = () => this.onChange();
    this.focus();
    this.input.value ||= read(DRAFT_KEY, TAB) ?? "";
    this.showLength();
  }

  focus() {
    this.input.focus();
  }

  // Puts a text back into the field, before the text that is already there.
  edit(text) {
    this.input.value = [text, this.input.value].filter(Boolean).join("\n");
    this.onChange();
    this.focus();
  }

  showError(text) {
    this.note.className = text ? "error" : "";
    this.note.textContent = text;
  }

  onKey(event) {
    if (event.key === "Escape" && !this.input.value) this.input.blur(); // then the page's keys work
    // Enter that ends a Japanese or Chinese word belongs to the input method. (Safari reports it as key code 229.)
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.input.value;
    if (INVISIBLE.test(text) || this.showLength() > this.maxCharacters) return this.focus();
    this.input.value = "";
    this.onChange();
    this.focus();
    this.onMessage(text);
  }

  onChange() {
    write(DRAFT_KEY, this.input.value, TAB);
    this.showLength();
  }

  // Returns the length in characters, as the server counts them. Shows how many are left if there are few.
  showLength() {
    const length = Array.from(this.input.value).length;
    const left = this.maxCharacters - length;
    this.showError(left < 0 ? `${characters(-left)} too many: a message may have at most ${formatNumber(this.maxCharacters)}.` : "");
    if (left >= 0 && left < this.maxCharacters / 10) this.note.textContent = `${characters(left)} left`;
    return length;
  }
}

function characters(count) {
  return `${formatNumber(count)} character${count === 1 ? "" : "s"}`;
}

// The people: who is here, who is writing, and the visitor's own name.

const MAX_NAMES_IN_NOTICE = 5;
const MAX_NAMES_WRITING = 2; // must fit into one line on a phone
const TYPING_INTERVAL_MS = 3_000; // between two signals while somebody writes
const SOON_MS = 1_000; // a signal that is due within this time is scheduled
const TYPING_SHOWN_MS = 4_500; // longer than the interval
const NAME_KEY = "chatdemo name"; // stores the answer to "What's your name?"; empty for a guest
const CLOSED_KEY = "chatdemo people closed"; // the column was closed
const HAS_COLUMN = matchMedia("(min-width: 64rem)"); // as in the style sheet; else the list covers the messages

class PeopleList {
  constructor(details) {
    this.details = details;
    this.count = details.querySelector(".count");
    this.list = details.querySelector(".here");
    this.names = [];
    this.ownName = null;
    HAS_COLUMN.onchange = () => this.reset();
    this.reset();
    addEventListener("click", ({ target }) => details.contains(target) || this.close());
    addEventListener("keydown", ({ key }) => key === "Escape" && details.open && this.close() && details.querySelector("summary").focus());
    details.querySelector("summary").addEventListener("click", () => HAS_COLUMN.matches && write(CLOSED_KEY, details.open ? "closed" : ""));
  }

  reset() {
    this.details.open = HAS_COLUMN.matches && !read(CLOSED_KEY);
    this.details.dataset.ready = "";
  }

  // Uncovers the messages. A column stays. Returns true if it was closed.
  close() {
    if (!HAS_COLUMN.matches) this.details.open = false;
    return !HAS_COLUMN.matches;
  }

  welcome({ here, you }) {
    this.names = here;
    this.ownName = you;
    this.render();
  }

  update({ came, left, renamed }) {
    const newNames = new Map(renamed);
    const all = new Set([...this.names.filter((name) => !left.includes(name)), ...came]);
    this.names = [...all].map((name) => newNames.get(name) ?? name);
    this.ownName = newNames.get(this.ownName) ?? this.ownName;
    this.render();
  }

  // Returns the notices about a change, each a list of nodes.
  notices({ came, left, renamed }) {
    const newNames = new Map(renamed);
    const others = came.map((name) => newNames.get(name) ?? name).filter((name) => name !== this.ownName);
    const renamedBefore = renamed.filter(([name]) => !came.includes(name));
    return [
      ...(others.length ? [[...nameList(others, MAX_NAMES_IN_NOTICE), " joined."]] : []),
      ...(left.length ? [[...nameList(left, MAX_NAMES_IN_NOTICE), " left."]] : []),
      ...renamedBefore.map(([name, newName]) => [isolated(name), " is now ", isolated(newName), newName.endsWith(".") ? "" : "."]),
    ];
  }

  render() {
    this.count.textContent = this.names.length || "–";
    this.list.replaceChildren(...this.names.map((name) => element("li", {}, avatar(name), isolated(name), name === this.ownName ? " (you)" : null)));
  }
}

// Shows who is writing, and tells the server every few seconds while this visitor writes.
class TypingIndicator {
  constructor(line, input, send) {
    this.line = line;
    this.timers = new Map(); // by the name of each who is writing
    this.lastSignal = -Infinity;
    this.input = input;
    this.send = send;
    input.addEventListener("input", () => this.onInput());
  }

  onInput() {
    const delay = this.lastSignal + TYPING_INTERVAL_MS - performance.now();
    if (delay < SOON_MS) this.signalTimer ??= setTimeout(() => this.sendSignal(), delay);
  }

  sendSignal() {
    this.signalTimer = null;
    if (!this.input.value.trim()) return;
    this.lastSignal = performance.now();
    this.send({ typing: true });
  }

  // This visitor has sent a message. If they write another one, the next signal is due sooner.
  messageSent() {
    this.lastSignal = Math.min(this.lastSignal, performance.now() - TYPING_INTERVAL_MS + SOON_MS);
  }

  show(name) {
    clearTimeout(this.timers.get(name));
    this.timers.set(name, setTimeout(() => this.hide(name), TYPING_SHOWN_MS));
    this.render();
  }

  hide(name) {
    clearTimeout(this.timers.get(name));
    if (this.timers.delete(name)) this.render();
  }

  render() {
    const names = [...this.timers.keys()];
    const subject = names.length > MAX_NAMES_WRITING ? [`${names.length} people`] : nameList(names);
    this.line.replaceChildren(...(names.length ? [...subject, names.length > 1 ? " are writing…" : " is writing…"] : []));
  }
}

// The visitor can set a name in two forms: in the panel at any time, and above the composer until they answered once.
function setUpNameForms(panelForm, askForm, people, focusComposer) {
  const saved = (name) => {
    write(NAME_KEY, name);
    show(name);
    people.close();
    focusComposer();
  };
  const show = (name) => {
    if (name) panelForm.elements.name.value = name;
    askForm.hidden = true;
  };
  for (const form of [panelForm, askForm]) {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const data = new FormData(form);
      if (await saveName(form, data)) saved(data.get("name"));
    };
  }
  askForm.querySelector("button[type=button]").onclick = () => saved("");
  addEventListener("storage", ({ key, newValue }) => key === NAME_KEY && show(newValue)); // answered in another tab
  askForm.elements.name.value = read(NAME_KEY) ?? ""; // the server may have forgotten it
  askForm.hidden = Boolean(panelForm.elements.name.value) || read(NAME_KEY) === "";
}

// Returns true if the server has stored the name; else the form shows why not.
async function saveName(form, data) {
  const note = form.querySelector(".note");
  const showError = (text) => {
    note.textContent = text;
    note.classList.toggle("error", Boolean(text));
  };
  try {
    const response = await fetch(form.action, { method: "POST", body: data });
    if (response.ok) showError("");
    else showError([400, 503].includes(response.status) ? await response.text() : "Your name couldn't be saved. Reload the page.");
    return response.ok;
  } catch {
    showError("There is no connection. Try again in a moment.");
    return false;
  }
}

// "Ada", "Ada and Ben", or with at most `max` parts "Ada, Ben and 3 more": as nodes.
function nameList(names, max = Infinity) {
  const shown = names.length > max ? names.slice(0, max - 1) : names;
  const rest = names.length - shown.length;
  const parts = [...shown.map((name) => isolated(name)), ...(rest ? [`${rest} more`] : [])];
  return parts.flatMap((part, index) => [index === 0 ? "" : index === parts.length - 1 ? " and " : ", ", part]);
}

// Receipts: which messages this page has, and whom the visitor's own have reached.

const GATHER_MS = 400; // one receipt acknowledges all messages of this time
const MAX_COUNTS = 100; // messages whose counts are stored

class Receipts {
  constructor(list, send) {
    this.list = list;
    this.send = send;
    this.lastSeq = 0;
    this.counts = new Map(); // by seq; a count can arrive before its message
  }

  // The page has all messages up to this one.
  acknowledge(seq) {
    if (!seq) return;
    this.render(seq);
    this.lastSeq = seq;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.send({ got: this.lastSeq });
    }, GATHER_MS);
  }

  historyReplaced() {
    clearTimeout(this.timer);
    this.timer = null;
    this.counts.clear();
  }

  showCounts(counts) {
    for (const [seq, reached, total] of counts) {
      this.counts.set(seq, [reached, total]);
      this.render(seq);
    }
    for (const seq of [...this.counts.keys()].slice(0, -MAX_COUNTS)) this.counts.delete(seq);
  }

  render(seq) {
    const [reached, total] = this.counts.get(seq) ?? [];
    const item = total !== undefined && this.findOwn(seq);
    if (!item) return;
    if (!total) return this.remove(item); // everybody it was for has left
    this.countButton(item, seq).textContent = `reached ${reached} of ${total}`;
    if (item.querySelector(".names")) this.send({ who: seq }); // the names on the page are out of date
  }

  findOwn(seq) {
    return this.list.querySelector(`.own [data-seq="${seq}"]`);
  }

  // The button with the count. A click asks the server for the names.
  countButton(item, seq) {
    const existing = item.querySelector(".reached");
    if (existing) return existing;
    const toggle = () => (item.querySelector(".names") ? this.hideNames(item) : this.send({ who: seq }));
    const made = button("", toggle, { className: "reached", title: "Who got it?", ariaExpanded: "false" });
    item.append(made);
    return made;
  }

  showNames({ seq, got, missing }) {
    const item = this.findOwn(seq);
    if (!item?.querySelector(".reached")) return;
    this.hideNames(item);
    const names = element("div", { className: "names" });
    if (missing?.length) names.append(nameLine("Not yet: ", missing));
    if (got?.length) names.append(nameLine("Reached: ", got));
    if (!names.childElementCount) names.append("Delivery details are no longer stored.");
    item.append(names);
    item.querySelector(".reached").ariaExpanded = "true";
  }

  hideNames(item) {
    item.querySelector(".names")?.remove();
    item.querySelector(".reached").ariaExpanded = "false";
  }

  remove(item) {
    for (const part of item.querySelectorAll(".reached, .names")) part.remove();
  }
}

function nameLine(label, names) {
  return element("p", {}, element("strong", { textContent: label }), ...nameList(names));
}

// The page: a message goes from the composer to the outbox and the socket; a received one goes from the socket through
// the message order and the outbox to the log.

const CLIENT_KEY = "chatdemo client";
const SILENCE_MS = 10_000; // the server sends a heartbeat every 4 s; after this time the line is dead
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

log.prepend(past.messages);
new Presentation(byId("present"));
setUpNameForms(byId("name"), byId("asked"), people, focusComposer);
showConnectionState(byId("connection"), socket, "Connected", focusComposer);
outbox.restore();
log.scrollToEnd();
const earlier = new EarlierMessages(view, log, room.dataset.older, past.more);

// A secret by which the server recognises this browser if it refuses cookies.
function clientSecret() {
  if (!read(CLIENT_KEY)) write(CLIENT_KEY, randomId());
  return read(CLIENT_KEY);
}

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
  log.silence();
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
