// The field to write in: Enter sends, Shift+Enter starts a line. What can't be sent stays in it, with the reason, and what
// was begun outlives a reload.
import { draft, keepDraft } from "./storage.js";

// Spaces, and what else nobody can see: the server has no use for a message of these alone.
const NOTHING = /^[\s\p{Cf}]*$/u;

export class Composer {
  constructor(form, limit) {
    this.form = form;
    this.limit = limit;
    this.input = form.querySelector("textarea");
    this.note = form.querySelector("#composer-note");
    this.onMessage = () => {};
    form.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
    this.input.onkeydown = (event) => this.onKey(event);
    this.input.oninput = () => this.changed();
    this.focus();
    this.input.value ||= draft();
    this.measure();
  }

  focus() {
    this.input.focus();
  }

  // Puts a text back to be changed, before what is there already.
  edit(text) {
    this.input.value = [text, this.input.value].filter(Boolean).join("\n");
    this.changed();
    this.focus();
  }

  warn(text) {
    this.note.className = text ? "error" : "";
    this.note.textContent = text;
  }

  onKey(event) {
    // Enter that ends a Japanese or Chinese word belongs to the input method. (Safari says so by key code 229.)
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.input.value;
    if (NOTHING.test(text) || this.measure() > this.limit) return this.focus();
    this.input.value = "";
    this.changed();
    this.focus();
    this.onMessage(text);
  }

  changed() {
    keepDraft(this.input.value);
    this.measure();
  }

  // The length in characters, as the server counts; says how many are left when they run short.
  measure() {
    const length = Array.from(this.input.value).length;
    const left = this.limit - length;
    const excess = `${characters(-left)} too many: a message may have at most ${this.limit.toLocaleString("en")}.`;
    this.warn(left < 0 ? excess : "");
    if (left >= 0 && left < this.limit / 10) this.note.textContent = `${characters(left)} left`;
    return length;
  }
}

function characters(count) {
  return `${count.toLocaleString("en")} character${count === 1 ? "" : "s"}`;
}
