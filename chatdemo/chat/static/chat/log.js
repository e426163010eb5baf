// The messages: a list for people, and the same as plain text for the tutorial's tests and for copying.
import { renderMessage } from "./message.js";

const KEPT = 1_000; // messages on the page; a long lesson has more than a phone can draw
const NEAR = 80; // pixels from the end within which the reader follows it

export class MessageLog {
  constructor(view, newest, plain) {
    this.view = view;
    this.list = view.querySelector(".said");
    this.empty = view.querySelector(".empty");
    this.newest = newest;
    this.plain = plain;
    this.lengths = []; // of the messages in the plain text, in its order
    this.following = true; // the reader is at the end, and is kept there
    this.newest.onclick = () => this.toEnd();
    this.view.onscroll = () => this.follow();
    // A phone's keyboard, or a long message in the composer, takes height from the view.
    new ResizeObserver(() => this.following && this.toEnd()).observe(view);
  }

  add(text, own) {
    const item = renderMessage(text, clock(new Date()));
    item.classList.toggle("own", own);
    this.append(item);
    this.write(text + "\n");
  }

  // Into the plain text, at its end; what somebody has selected there stays selected.
  write(line) {
    const end = this.plain.value.length;
    this.plain.setRangeText(line, end, end, "preserve");
    this.lengths.push(line.length);
    if (this.lengths.length > KEPT) this.plain.setRangeText("", 0, this.lengths.shift(), "preserve");
  }

  // A line about the conversation, not of it.
  notice(text) {
    const item = document.createElement("li");
    item.className = "notice";
    item.textContent = text;
    this.append(item);
  }

  append(item) {
    this.empty.hidden = true;
    this.list.append(item);
    if (this.list.childElementCount > KEPT) this.list.firstElementChild.remove();
    if (!this.following) this.newest.hidden = false;
    else this.frame ??= requestAnimationFrame(() => this.toEnd()); // once for all that come before the next picture
  }

  follow() {
    this.following = this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < NEAR;
    if (this.following) this.newest.hidden = true;
  }

  toEnd() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.view.scrollTop = this.view.scrollHeight;
    this.newest.hidden = true;
  }
}

function clock(date) {
  const time = document.createElement("time");
  time.dateTime = date.toISOString();
  time.textContent = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return time;
}
