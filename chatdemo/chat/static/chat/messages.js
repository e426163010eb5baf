// The messages of a room: the list, the stored history, and those that haven't been sent yet.
import { button, element, keys, randomId, read, remove, write } from "../common/page.js";

// The messages: as a list, and as plain text for the tutorial's tests and for screen readers.

const MAX_MESSAGES = 1_000; // on the page: a long lesson has more than a phone can draw
const MAX_PRESENCE_NOTICES = 3; // lines in a row about who joined and left
const NEAR_END_PIXELS = 80; // a reader this near to the end sees new messages as they come
const GROUP_MS = 5 * 60_000; // messages of one person within this time stand below one name
const GROUP_MESSAGES = 20;
const SILENT_MS = 1_000; // for stored messages to arrive
const BATCH_MS = 200; // messages of this time are added together: each change of the list costs a layout

export class MessageLog {
  constructor(view, newMessagesButton, plainText) {
    this.view = view;
    this.region = view.querySelector("[role=log]");
    this.list = view.querySelector(".said");
    this.empty = view.querySelector(".empty");
    this.newMessagesButton = newMessagesButton;
    this.plainText = plainText;
    this.arrived = []; // messages that aren't in the list yet
    this.lengths = []; // of the messages in the plain text, in the same order
    this.wasTrimmed = false; // the first messages were removed from the page
    this.isFollowing = true; // the reader is at the end, and the view scrolls with new messages
    this.title = document.title;
    this.unread = 0;
    this.unreadLine = element("li", { className: "unread", textContent: "New" });
    this.newMessagesButton.onclick = () => this.scrollToEnd();
    this.view.addEventListener("scroll", () => this.onScroll(), { passive: true });
    // What somebody unfolds grows below the place where they read.
    this.list.addEventListener("click", ({ target }) => target.matches(".fold") && (this.isFollowing = false));
    document.addEventListener("visibilitychange", () => this.markRead());
    // A phone's keyboard, or a long message in the composer, makes the view smaller. Its content grows, too.
    const observer = new ResizeObserver(() => this.isFollowing && this.scrollToEnd());
    for (const part of [view, ...view.children]) observer.observe(part);
  }

  // The number of the first message on the page; 0 if there is none.
  get firstSeq() {
    return Number(this.list.querySelector("[data-seq]")?.dataset.seq ?? 0);
  }

  // A screen reader isn't told of what comes now: others have heard it before.
  silence() {
    this.region.ariaLive = "off";
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => (this.region.ariaLive = "polite"), SILENT_MS);
  }

  // The first message is added at once, and so are one's own, which were on the page before.
  add(message, isOwn) {
    this.arrived.push({ ...message, own: isOwn });
    if (isOwn || !this.timer) this.addArrived();
  }

  addArrived() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.arrived.length) return;
    this.timer = setTimeout(() => this.addArrived(), BATCH_MS);
    const messages = this.arrived.splice(0);
    for (const message of messages) {
      if (message.own) this.unreadLine.remove();
      else if (document.hidden || !this.isFollowing) this.countUnread();
      appendMessage(this.list, message);
    }
    this.appended();
    this.addPlainText(messages);
  }

  // Adds earlier messages at the beginning. The part that the reader sees doesn't move.
  prepend(messages) {
    this.silence();
    const height = this.view.scrollHeight;
    const earlier = document.createDocumentFragment();
    for (const message of messages) appendMessage(earlier, message);
    this.list.prepend(earlier);
    this.view.scrollTop += this.view.scrollHeight - height;
    this.empty.hidden ||= messages.length > 0;
    this.addPlainText(messages, true);
  }

  // A text that the reader has selected in it stays selected.
  addPlainText(messages, atBeginning = false) {
    const lines = messages.map(({ message }) => message + "\n");
    const position = atBeginning ? 0 : this.plainText.value.length;
    this.plainText.setRangeText(lines.join(""), position, position, "preserve");
    this.lengths[atBeginning ? "unshift" : "push"](...lines.map((line) => line.length));
    if (this.lengths.length <= MAX_MESSAGES || atBeginning) return;
    const removed = this.lengths.splice(0, this.lengths.length - MAX_MESSAGES);
    this.plainText.setRangeText("", 0, removed.reduce((sum, length) => sum + length), "preserve");
  }

  // Adds a line that isn't a message: texts or nodes.
  notice(...parts) {
    this.addArrived();
    this.list.append(element("li", { className: "notice" }, ...parts));
    this.appended();
  }

  // Adds notices about who joined and left, each a list of nodes. Of many in a row only the last few stay. A screen
  // reader doesn't read them: in a class there are too many.
  presenceNotices(notices) {
    if (!notices.length) return;
    this.addArrived();
    for (const parts of notices) {
      this.list.append(element("li", { className: "notice presence", ariaLive: "off" }, ...parts));
      const last = [...this.list.children].slice(-MAX_PRESENCE_NOTICES - 1);
      if (last.length > MAX_PRESENCE_NOTICES && last.every((item) => item.matches(".presence"))) last[0].remove();
    }
    this.appended();
  }

  // The room has a new history, in which the numbers of these messages belong to others. The messages stay on the page.
  historyReplaced() {
    this.addArrived();
    for (const item of this.list.querySelectorAll("[data-seq]")) delete item.dataset.seq;
    this.wasTrimmed = false;
  }

  appended() {
    this.empty.hidden = true;
    this.trim();
    if (this.isFollowing) this.frame ??= requestAnimationFrame(() => this.scrollToEnd()); // once for all of a frame
  }

  // Not while the reader has scrolled up: the text they read would disappear.
  trim() {
    const messages = [...this.list.querySelectorAll(".message")];
    if (!this.isFollowing || messages.length <= MAX_MESSAGES) return;
    for (const message of messages.slice(0, -MAX_MESSAGES)) {
      const group = message.parentElement;
      while (this.list.firstElementChild !== group) this.list.firstElementChild.remove(); // notices
      message.remove();
      if (group.childElementCount === 1) group.remove(); // it has no message
    }
    this.wasTrimmed = true;
  }

  // The title and the button say how many messages the reader hasn't seen, and a line is above the first.
  countUnread() {
    if (!this.unread++) this.list.append(this.unreadLine);
    document.title = `(${this.unread}) ${this.title}`;
    this.newMessagesButton.textContent = `${this.unread} new message${this.unread === 1 ? "" : "s"} ↓`;
    this.newMessagesButton.hidden = this.isFollowing;
  }

  markRead() {
    if (document.hidden || !this.isFollowing) return;
    this.unread = 0;
    document.title = this.title;
    this.newMessagesButton.hidden = true;
  }

  onScroll() {
    this.showNameAtTop();
    this.isFollowing = this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < NEAR_END_PIXELS;
    this.markRead();
  }

  // The name above the messages at the top of the view stays in sight. One at a time: with each that can stay, the
  // browser needs longer for each frame.
  showNameAtTop() {
    const { left } = this.list.getBoundingClientRect(); // at the right the list of people may cover the messages
    const { top } = this.view.getBoundingClientRect();
    const group = document.elementFromPoint(left + 1, top + 1)?.closest(".group");
    if (group === this.groupAtTop) return;
    this.groupAtTop?.classList.remove("top");
    this.groupAtTop = group;
    group?.classList.add("top");
  }

  scrollToEnd() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.isFollowing = true;
    this.view.scrollTop = this.view.scrollHeight;
    this.markRead();
  }
}

// Adds a message to the last person's group, or a new group with name and time to the list.
function appendMessage(list, { message, seq, name = "", at, own }) {
  const sent = new Date(at ?? Date.now());
  let group = list.lastElementChild;
  if (!name || group?.dataset.name !== name || sent - group.dataset.at > GROUP_MS || group.childElementCount > GROUP_MESSAGES) {
    const head = element("p", { className: "head" }, avatar(name), element("bdi", { className: clipped("name", name), textContent: name }), timeElement(sent));
    group = element("li", { className: own ? "group own" : "group", data: { name, hue: hueOf(name), at: Number(sent) } }, head);
    list.append(group);
  }
  group.append(element("div", { className: "message", data: seq ? { seq } : {} }, ...textElements(message)));
}

// The first letters of a name, in its colour, for the eye alone: "AL" for Ada Lovelace, "S12" for Student 12.
export function avatar(name) {
  const [first, ...others] = name.match(/\p{N}+|[\p{L}\p{M}]+/gu) ?? [name || "?"];
  const last = others.at(-1) ?? "";
  const initials = Array.from(first)[0] + (/^\d\d?/.exec(last)?.[0] ?? Array.from(last)[0] ?? "");
  return element("span", { className: "avatar", ariaHidden: "true", data: { hue: hueOf(name), initials: initials.toUpperCase() } });
}

// The colour of a name, the same on every screen: 1 to 8. Names that differ in the number at their end have neighbouring
// ones: Guest, Guest (2), Guest (3).
function hueOf(name) {
  const [, text, number = 1] = /^(.*?)[ (]*(\d{1,3})?\)?$/su.exec(name);
  const start = Array.from(text).reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 9973, 7);
  return ((start + Number(number)) % 8) + 1;
}

const TIME = { hour: "numeric", minute: "2-digit" };
const timeFormat = new Intl.DateTimeFormat([], TIME); // toLocaleString would make one each time, which takes longer
const dateFormat = new Intl.DateTimeFormat([], { ...TIME, day: "numeric", month: "short" });

function timeElement(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  return element("time", { dateTime: date.toISOString(), textContent: (isToday ? timeFormat : dateFormat).format(date) });
}

const FOLD_LINES = 12;
const FOLD_CHARACTERS = matchMedia("(max-width: 40rem)").matches ? 480 : 1_200; // about as many lines
// A block of code, code, an address.
const MARKED = /\n?```(?:[\w+-]*\n)?([^]+?)\n?```\n?|`([^`\n]+)`|\b(?:https?:\/\/|www\.)[^\s\p{C}<>"`]+/giu;
const PUNCTUATION = /[^\p{L}\p{M}\p{N}\/=&#%+$_~@-]+$/u; // at its end it isn't part of an address
const BRACKETS = { ")": "(", "]": "[" };

// Accents that are stacked on a letter would cover other messages.
function clipped(className, text) {
  return /\p{M}{3}/u.test(text) ? `${className} clipped` : className;
}

// The text of a message: its code and its addresses are marked, and a long one is folded.
function textElements(text) {
  const body = element("div", { className: clipped("text", text), dir: "auto" }, ...textParts(text));
  if (text.length <= FOLD_CHARACTERS && text.split("\n").length <= FOLD_LINES) return [body];
  const toggle = button("Show more", () => {
    const isFolded = body.classList.toggle("folded");
    toggle.textContent = isFolded ? "Show more" : "Show less";
    toggle.ariaExpanded = !isFolded;
  }, { className: "fold", ariaExpanded: "false" });
  body.classList.add("folded");
  return [body, toggle];
}

function textParts(text) {
  const parts = [];
  let end = 0;
  for (const { 0: typed, 1: block, 2: code = block, index } of text.matchAll(MARKED)) {
    const part = code ? element("code", { className: block ? "block" : "", textContent: code }) : link(typed);
    parts.push(text.slice(end, index), part);
    end = index + (code ? typed : part.textContent).length;
  }
  return [...parts, text.slice(end)];
}

// A link, whose text is the whole address; one that begins with www leads to https. An address that can be taken for
// another one stays text: one with a user's name before an @, or with a host that the browser doesn't read as it is written.
function link(typed) {
  const address = withoutPunctuation(typed);
  const href = /^www\./i.test(address) ? `https://${address}` : address;
  try {
    const { protocol, username, password, host } = new URL(href);
    if (!username && !password && href.toLowerCase().startsWith(`${protocol}//${host}`))
      return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "ltr", textContent: address });
  } catch {
    // It isn't an address.
  }
  return document.createTextNode(address);
}

// A bracket at the end is part of an address if it closes one in it.
function withoutPunctuation(typed) {
  let address = typed.replace(PUNCTUATION, "");
  for (const next of typed.slice(address.length)) {
    const open = BRACKETS[next];
    if (!open || address.split(open).length <= address.split(next).length) break;
    address += next;
  }
  return address;
}

const NEAR_TOP_PIXELS = 200;
const MAX_KEY_DELAY_MS = 2_000; // random, so that the pages of a class don't all ask at once

// Each message has its number in the room. The page shows each one once, in order.
export class MessageOrder {
  // `history` is the history's key, empty as long as the room has no message.
  constructor({ messages, history }) {
    this.lastSeq = messages.at(-1)?.seq ?? 0;
    this.history = history;
    this.isNewConnection = true; // it has received no message yet
  }

  connected() {
    this.isNewConnection = true;
  }

  // Compares the history's key with the one that this page knows. Returns true if the room has another history now:
  // its messages were deleted, or the database is new.
  updateHistory(history) {
    const isReplaced = this.history ? history !== this.history : this.lastSeq > 0 && !history;
    this.history = history;
    if (isReplaced) this.lastSeq = 0;
    return isReplaced;
  }

  // The server has fewer messages than this page: the next key counts as another one, also if it is the same. After a
  // power cut, the last messages can be missing from a history.
  distrust() {
    this.history = "none";
  }

  // True if the room's first message came after this page was loaded: then there was no key yet.
  get isKeyUnknown() {
    return this.lastSeq > 0 && !this.history;
  }

  // Returns "next", "old" (the page has it already) or "gap" (messages before it are missing). The first message of a
  // connection is next, whatever its number: those before it were deleted.
  accept(seq) {
    if (!seq) return "next"; // the server stores nothing
    if (seq <= this.lastSeq) return "old";
    if (seq > this.lastSeq + 1 && !this.isNewConnection) return "gap";
    this.isNewConnection = false;
    this.lastSeq = seq;
    return "next";
  }
}

export class EarlierMessages {
  // `hasMore`: the server has messages before those on the page.
  constructor(view, log, address, hasMore) {
    this.view = view;
    this.log = log;
    this.address = address;
    this.hasMore = hasMore;
    this.status = view.querySelector(".older");
    this.loadingText = this.status.textContent;
    this.isLoading = false;
    view.addEventListener("scroll", () => this.loadIfNearTop(), { passive: true });
    this.loadIfNearTop();
  }

  // This page has all of the new one.
  historyReplaced() {
    this.hasMore = false;
    this.status.hidden = true;
  }

  // Asks the server for the history's key and calls `onKey(key)`. If that fails, it can be called again.
  fetchKey(onKey) {
    this.keyTimer ??= setTimeout(async () => {
      try {
        onKey((await (await fetch(`${this.address}?before=1`)).json()).history);
      } catch {
        // There is no connection now.
      }
      this.keyTimer = null;
    }, Math.random() * MAX_KEY_DELAY_MS);
  }

  loadIfNearTop() {
    const hasMore = this.hasMore || this.log.wasTrimmed;
    if (hasMore && !this.isLoading && this.log.firstSeq > 1 && this.view.scrollTop < NEAR_TOP_PIXELS) this.load();
  }

  async load() {
    const first = this.log.firstSeq;
    this.isLoading = true;
    this.status.textContent = this.loadingText;
    this.status.hidden = false;
    try {
      const response = await fetch(`${this.address}?before=${first}`);
      if (!response.ok) throw new Error(response.statusText);
      const page = await response.json();
      if (first !== this.log.firstSeq) return; // the history was replaced meanwhile
      this.hasMore = page.more;
      this.log.wasTrimmed = false;
      this.log.prepend(page.messages);
      this.status.hidden = true;
    } catch {
      this.status.textContent = "Earlier messages can't be loaded now. Scroll up to try again.";
    } finally {
      this.isLoading = false;
    }
  }
}

// Messages that haven't come back from the room yet. None is lost: it waits for a connection, survives a reload, and is
// sent again with the same id after each loss of the connection. The server delivers it once.

const TEMPORARY_ERROR = "not_kept"; // the next attempt may succeed
const OFFLINE = "Waiting for the connection…";
const QUEUED = "Waiting for its turn…";
const MAX_IN_FLIGHT = 5; // messages sent and not back yet; the next one is sent when one has come back
const THROTTLE_MS = 1_000; // nothing is sent for this time after the server reports too_fast

export class Outbox {
  // `isStored`: the server stores messages, so it recognises one that is sent twice.
  constructor(list, room, isStored, send) {
    this.list = list;
    this.prefix = `chatdemo outbox ${room} `;
    this.isStored = isStored;
    this.send = send;
    this.entries = new Map(); // by the message's id
    this.onEdit = () => {};
    this.onButtonRemoved = () => {}; // a button was clicked and is no longer there
    addEventListener("beforeunload", (event) => !isStored && this.entries.size && event.preventDefault());
  }

  // Adds the messages that this browser hadn't sent when the page was left.
  restore() {
    const stored = keys().filter((key) => this.isStored && key.startsWith(this.prefix)).map((key) => [key, JSON.parse(read(key))]);
    for (const [key, { text }] of stored.sort(([, one], [, other]) => one.at - other.at)) this.enqueue(key.slice(this.prefix.length), text);
  }

  add(text) {
    const id = `${Date.now().toString(36)}-${randomId()}`; // ids of the same time are close together in the database
    if (this.isStored) write(this.prefix + id, JSON.stringify({ text, at: Date.now() }));
    this.enqueue(id, text);
  }

  enqueue(id, text) {
    const item = element("li", {}, ...textElements(text), element("p", { className: "delivery" }), element("div", { className: "actions" }));
    this.entries.set(id, { text, item, isSent: false, isFailed: false });
    this.list.append(item);
    this.showDelivery(item, QUEUED);
    this.flush();
  }

  // Sends what waits, in order, a few at a time. Of a long queue only one: if the server refuses it as too fast, the
  // messages after it haven't overtaken it.
  flush() {
    const active = [...this.entries].filter(([, entry]) => !entry.isFailed);
    let free = (this.isSlow || active.length > MAX_IN_FLIGHT ? 1 : MAX_IN_FLIGHT) - active.filter(([, entry]) => entry.isSent).length;
    for (const [id, entry] of active) {
      if (this.throttleTimer || free < 1) return;
      if (entry.isSent) continue;
      if (!this.transmit(id)) return this.showOffline();
      free--;
    }
  }

  // Returns true if the message was sent.
  transmit(id) {
    const entry = this.entries.get(id);
    entry.isSent = this.send({ message: entry.text, id });
    if (entry.isSent) this.showDelivery(entry.item, "Sending…");
    return entry.isSent;
  }

  showOffline() {
    for (const { item, isSent, isFailed } of this.entries.values()) if (!isSent && !isFailed) this.showDelivery(item, OFFLINE);
  }

  throttle() {
    clearTimeout(this.throttleTimer);
    this.throttleTimer = setTimeout(() => {
      this.throttleTimer = null;
      this.flush();
    }, THROTTLE_MS);
  }

  // Removes the message with this id. Returns true if this browser sent it.
  remove(id) {
    if (!id) return false;
    remove(this.prefix + id);
    this.entries.get(id)?.item.remove();
    const wasHere = this.entries.delete(id);
    this.isSlow &&= this.entries.size > 0;
    this.flush();
    return wasHere || this.isStored; // only the sender gets the id: here, another tab of this browser sent it
  }

  // The server refused the message. Returns false if it isn't in this outbox.
  refused(id, code, detail) {
    const entry = this.entries.get(id);
    if (!entry) return false;
    if (code === "too_fast") {
      entry.isSent = false;
      this.isSlow = true; // one at a time until the outbox is empty
      this.showDelivery(entry.item, QUEUED); // it is sent again without a click
      this.throttle();
      return true;
    }
    const tryAgain = code === TEMPORARY_ERROR ? [["Try again", () => this.retry(id)]] : [];
    this.showFailure(entry, detail, [...tryAgain, ["Edit", () => this.edit(id)], ["Discard", () => this.remove(id)]]);
    return true;
  }

  // The connection was lost. Messages that were sent and haven't come back may have arrived, or not.
  connectionLost() {
    for (const [id, entry] of this.entries) {
      if (!entry.isSent || entry.isFailed) continue;
      if (this.isStored) entry.isSent = false;
      else this.askWhetherToSendAgain(id, entry);
    }
    this.showOffline();
  }

  askWhetherToSendAgain(id, entry) {
    const actions = [["Send again", () => this.retry(id)], ["Discard", () => this.remove(id)]];
    this.showFailure(entry, "The connection was lost before this message came back. It may or may not have been sent.", actions);
  }

  retry(id) {
    const entry = this.entries.get(id);
    entry.isFailed = entry.isSent = false;
    this.showDelivery(entry.item, QUEUED);
    this.flush();
  }

  edit(id) {
    const { text } = this.entries.get(id);
    this.remove(id);
    this.onEdit(text);
  }

  showFailure(entry, text, actions) {
    entry.isFailed = true;
    this.showDelivery(entry.item, text, actions);
  }

  // Shows the state below the message, with buttons for `actions`: [label, action]. A screen reader reads a state that
  // has buttons at once.
  showDelivery(item, text, actions = []) {
    const delivery = item.querySelector(".delivery");
    item.classList.toggle("failed", actions.length > 0);
    delivery.role = actions.length ? "alert" : null;
    delivery.textContent = text;
    const buttons = actions.map(([label, action]) => button(label, () => (action(), this.onButtonRemoved())));
    item.querySelector(".actions").replaceChildren(...buttons);
  }
}
