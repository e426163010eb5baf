// The messages of a room: the list, the stored history, and those that haven't been sent yet.
import { button, element, keys, randomId, read, remove, write } from "../common/page.js";

// The messages: a list for people, and the same as plain text for the tutorial's tests and for copying.

const MAX_MESSAGES = 1_000; // on the page: a long lesson has more than a phone can draw
const MAX_PRESENCE_NOTICES = 3; // lines in a row about who joined and left
const NEAR_END_PIXELS = 80; // a reader this near to the end sees new messages as they come

export class MessageLog {
  constructor(view, newMessagesButton, plainText) {
    this.view = view;
    this.list = view.querySelector(".said");
    this.empty = view.querySelector(".empty");
    this.newMessagesButton = newMessagesButton;
    this.plainText = plainText;
    this.lengths = []; // of the messages in the plain text, in the same order
    this.wasTrimmed = false; // the first messages were removed from the page
    this.isFollowing = true; // the reader is at the end, and the view scrolls with new messages
    this.newMessagesButton.onclick = () => this.scrollToEnd();
    this.view.addEventListener("scroll", () => this.onScroll(), { passive: true });
    // A phone's keyboard, or a long message in the composer, makes the view smaller. Its content grows, too.
    const observer = new ResizeObserver(() => this.isFollowing && this.scrollToEnd());
    for (const part of [view, ...view.children]) observer.observe(part);
  }

  // The number of the first message on the page; 0 if there is none.
  get firstSeq() {
    return Number(this.list.querySelector("[data-seq]")?.dataset.seq ?? 0);
  }

  add(message, isOwn) {
    this.append(receivedMessage(message, isOwn));
    this.addPlainText(message.message + "\n");
  }

  // Adds earlier messages at the beginning. The part that the reader sees doesn't move.
  prepend(messages) {
    const height = this.view.scrollHeight;
    this.list.prepend(...messages.map((message) => receivedMessage(message, message.own)));
    for (const item of [...this.list.children].slice(0, messages.length + 1)) this.groupBySender(item);
    this.view.scrollTop += this.view.scrollHeight - height;
    for (const { message } of messages.toReversed()) this.addPlainText(message + "\n", true);
  }

  // A text that the reader has selected in it stays selected.
  addPlainText(line, atBeginning = false) {
    const position = atBeginning ? 0 : this.plainText.value.length;
    this.plainText.setRangeText(line, position, position, "preserve");
    this.lengths[atBeginning ? "unshift" : "push"](line.length);
    if (this.lengths.length > MAX_MESSAGES && !atBeginning) this.plainText.setRangeText("", 0, this.lengths.shift(), "preserve");
  }

  // Adds a line that isn't a message: texts or nodes.
  notice(...parts) {
    this.append(element("li", { className: "notice" }, ...parts));
  }

  // Adds notices about who joined and left, each a list of nodes. Of many in a row only the last few stay.
  presenceNotices(notices) {
    for (const parts of notices) {
      this.notice(...parts);
      this.list.lastElementChild.classList.add("presence");
      const last = [...this.list.children].slice(-MAX_PRESENCE_NOTICES - 1);
      if (last.length > MAX_PRESENCE_NOTICES && last.every((item) => item.matches(".presence"))) last[0].remove();
    }
  }

  // The room has a new history, in which the numbers of these messages belong to others. The messages stay on the page.
  historyReplaced() {
    for (const item of this.list.querySelectorAll("[data-seq]")) delete item.dataset.seq;
    this.wasTrimmed = false;
  }

  append(item) {
    this.empty.hidden = true;
    this.list.append(item);
    this.groupBySender(item);
    this.trim();
    if (!this.isFollowing) this.newMessagesButton.hidden = false;
    else this.frame ??= requestAnimationFrame(() => this.scrollToEnd()); // once for all messages of one frame
  }

  // The name is shown only above the first of several messages in a row by the same person on the same day.
  groupBySender(item) {
    const before = item.previousElementSibling;
    const isSame = item.dataset.name && before?.dataset.name === item.dataset.name && before.dataset.day === item.dataset.day;
    item.classList.toggle("more", Boolean(isSame));
  }

  // Not while the reader has scrolled up: the text they read would disappear.
  trim() {
    if (!this.isFollowing || this.list.childElementCount <= MAX_MESSAGES) return;
    this.list.firstElementChild.remove();
    this.wasTrimmed = true;
  }

  onScroll() {
    this.isFollowing = this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < NEAR_END_PIXELS;
    if (this.isFollowing) this.newMessagesButton.hidden = true;
  }

  scrollToEnd() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.isFollowing = true;
    this.view.scrollTop = this.view.scrollHeight;
    this.newMessagesButton.hidden = true;
  }
}

// A list item with a message's text, and other elements below it. The outbox uses it too.
function messageItem(text, ...below) {
  return element("li", {}, element("p", { className: "text", dir: "auto", textContent: text }), ...below);
}

function receivedMessage({ message, seq, name, at }, isOwn) {
  const sent = new Date(at ?? Date.now());
  const item = messageItem(message, element("p", { className: "meta" }, timeElement(sent)));
  item.classList.toggle("own", isOwn);
  item.dataset.name = name ?? "";
  item.dataset.hue = hueOf(name ?? "");
  item.dataset.day = sent.toDateString();
  if (seq) item.dataset.seq = seq;
  if (name) item.prepend(element("p", { className: "name", dir: "auto", textContent: name }));
  return item;
}

// The colour of a name, the same on every screen: 1 to 8.
function hueOf(name) {
  return (Array.from(name).reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 9973, 7) % 8) + 1;
}

function timeElement(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { day: "numeric", month: "short" };
  return element("time", { dateTime: date.toISOString(), textContent: date.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" }) });
}

// The room's stored history: the order of messages, and earlier ones, which are loaded when the reader scrolls up.

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

  // The room has a new history, and this page has all of it.
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

// Messages that were written and haven't come back from the room yet. Each is shown until then, and none is lost:
// without a connection it waits, it survives a reload of the page, and after each loss of the connection it is sent again
// with the same id. The server delivers it once.

const TEMPORARY_ERRORS = ["not_kept"]; // the same message may be accepted at the next attempt
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
    const item = messageItem(text, element("p", { className: "delivery" }), element("div", { className: "actions" }));
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
    const tryAgain = TEMPORARY_ERRORS.includes(code) ? [["Try again", () => this.retry(id)]] : [];
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
