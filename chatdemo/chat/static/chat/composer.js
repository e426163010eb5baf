// The field to write in. Enter sends, Shift+Enter starts a new line. A message that can't be sent stays in it with the
// reason, and an unfinished one survives a reload.
import { formatNumber } from "../common/dom.js";
import { readDraft, writeDraft } from "./storage.js";

// Spaces and invisible characters: the server refuses a message that has nothing else.
const INVISIBLE = /^[\s\p{Cf}]*$/u;

export class Composer {
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
    this.input.value ||= readDraft();
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
    writeDraft(this.input.value);
    this.showLength();
  }

  // Returns the length in characters, as the server counts them. Shows how many are left if there are few.
  showLength() {
    const length = Array.from(this.input.value).length;
    const left = this.maxCharacters - length;
    this.showError(left < 0 ? this.tooLong(-left) : "");
    if (left >= 0 && left < this.maxCharacters / 10) this.note.textContent = `${characters(left)} left`;
    return length;
  }

  tooLong(excess) {
    return `${characters(excess)} too many: a message may have at most ${formatNumber(this.maxCharacters)}.`;
  }
}

function characters(count) {
  return `${formatNumber(count)} character${count === 1 ? "" : "s"}`;
}
