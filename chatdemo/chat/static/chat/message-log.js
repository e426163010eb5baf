// The messages: a list for people, and the same as plain text for the tutorial's tests and for copying.
import { element } from "../common/dom.js";

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
export function messageItem(text, ...below) {
  return element("li", {}, element("p", { className: "text", dir: "auto", textContent: text }), ...below);
}

function receivedMessage({ message, seq, name, at }, isOwn) {
  const sent = new Date(at ?? Date.now());
  const item = messageItem(message, element("p", { className: "meta" }, timeElement(sent)));
  item.classList.toggle("own", isOwn);
  item.dataset.name = name ?? "";
  item.dataset.day = sent.toDateString();
  if (seq) item.dataset.seq = seq;
  if (name) item.prepend(element("p", { className: "name", dir: "auto", textContent: name }));
  return item;
}

function timeElement(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { day: "numeric", month: "short" };
  return element("time", { dateTime: date.toISOString(), textContent: date.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" }) });
}
