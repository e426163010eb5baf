// The messages: a list for people, and the same as plain text for the tutorial's tests and for copying.
import { element, renderSaid } from "./message.js";

const KEPT = 1_000; // messages on the page; a long lesson has more than a phone can draw
const PASSING = 3; // lines in a row on who came and went
const NEAR = 80; // pixels from the end within which the reader follows it

export class MessageLog {
  constructor(view, newest, plain) {
    this.view = view;
    this.list = view.querySelector(".said");
    this.empty = view.querySelector(".empty");
    this.newest = newest;
    this.plain = plain;
    this.lengths = []; // of the messages in the plain text, in its order
    this.trimmed = false; // the page had more of the beginning
    this.following = true; // the reader is at the end, and is kept there
    this.newest.onclick = () => this.toEnd();
    this.view.addEventListener("scroll", () => this.follow(), { passive: true });
    // A phone's keyboard, or a long message in the composer, takes height from the view; what is in it grows, too.
    const observer = new ResizeObserver(() => this.following && this.toEnd());
    for (const part of [view, ...view.children]) observer.observe(part);
  }

  // The number of the first message that is shown; 0 if there is none.
  get first() {
    return Number(this.list.querySelector("[data-seq]")?.dataset.seq ?? 0);
  }

  add(message, own) {
    this.append(this.render(message, own));
    this.write(message.message + "\n");
  }

  // What was said before all of these. What the reader looks at stays where it is.
  prepend(messages) {
    const height = this.view.scrollHeight;
    this.list.prepend(...messages.map((message) => this.render(message, message.own)));
    for (const item of [...this.list.children].slice(0, messages.length + 1)) this.group(item);
    this.view.scrollTop += this.view.scrollHeight - height;
    for (const { message } of messages.toReversed()) this.write(message + "\n", true);
  }

  render(message, own) {
    const item = renderSaid(message, own);
    if (message.seq) item.dataset.seq = message.seq;
    return item;
  }

  // Into the plain text, at an end of it; what somebody has selected there stays selected.
  write(line, atBeginning = false) {
    const place = atBeginning ? 0 : this.plain.value.length;
    this.plain.setRangeText(line, place, place, "preserve");
    this.lengths[atBeginning ? "unshift" : "push"](line.length);
    if (this.lengths.length > KEPT && !atBeginning) this.plain.setRangeText("", 0, this.lengths.shift(), "preserve");
  }

  // A line about the conversation, not of it: text, or nodes.
  notice(...parts) {
    const item = element("li", "notice");
    item.append(...parts);
    this.append(item);
  }

  // What is shown is of a history that is no more: its numbers are given to others.
  forget() {
    for (const item of this.list.querySelectorAll("[data-seq]")) delete item.dataset.seq;
    this.trimmed = false;
  }

  // Such lines that many may come of, one after another: the last few of them do.
  notices(lines) {
    for (const line of lines) {
      this.notice(...line);
      this.list.lastElementChild.classList.add("passing");
      const last = [...this.list.children].slice(-PASSING - 1);
      if (last.length > PASSING && last.every((item) => item.matches(".passing"))) last[0].remove();
    }
  }

  append(item) {
    this.empty.hidden = true;
    this.list.append(item);
    this.group(item);
    this.trim();
    if (!this.following) this.newest.hidden = false;
    else this.frame ??= requestAnimationFrame(() => this.toEnd()); // once for all that come before the next picture
  }

  // A name stands above the first of what one person says in a row.
  group(item) {
    const before = item.previousElementSibling;
    const same = item.dataset.name && before?.dataset.name === item.dataset.name && before.dataset.day === item.dataset.day;
    item.classList.toggle("more", Boolean(same));
  }

  // A reader who has scrolled up keeps what they look at.
  trim() {
    if (!this.following || this.list.childElementCount <= KEPT) return;
    this.list.firstElementChild.remove();
    this.trimmed = true;
  }

  follow() {
    this.following = this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < NEAR;
    if (this.following) this.newest.hidden = true;
  }

  toEnd() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.following = true;
    this.view.scrollTop = this.view.scrollHeight;
    this.newest.hidden = true;
  }
}
