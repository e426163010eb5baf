// Who is writing: told every few seconds while somebody does, and shown for a little longer than that.
import { listed } from "./words.js";

const EVERY = 3_000; // milliseconds
const SOON = 1_000;
const SHOWN = 4_500;
const MANY = 2; // names at once, in one line on a phone

export class Typing {
  constructor(place, input, send) {
    this.place = place;
    this.who = new Map(); // the timer of each
    this.told = -Infinity;
    this.input = input;
    this.send = send;
    input.addEventListener("input", () => this.written());
  }

  written() {
    const left = this.told + EVERY - performance.now();
    if (left < SOON) this.timer ??= setTimeout(() => this.tell(), left);
  }

  tell() {
    this.timer = null;
    if (!this.input.value.trim()) return;
    this.told = performance.now();
    this.send({ typing: true });
  }

  // What was written is on its way: that something else is being written is told sooner.
  sent() {
    this.told = Math.min(this.told, performance.now() - EVERY + SOON);
  }

  show(name) {
    clearTimeout(this.who.get(name));
    this.who.set(name, setTimeout(() => this.stopped(name), SHOWN));
    this.write();
  }

  stopped(name) {
    clearTimeout(this.who.get(name));
    if (this.who.delete(name)) this.write();
  }

  write() {
    const names = [...this.who.keys()];
    const some = names.length > MANY ? [`${names.length} people`] : listed(names);
    this.place.replaceChildren(...(names.length ? [...some, names.length > 1 ? " are writing…" : " is writing…"] : []));
  }
}
