// Who is writing: told every few seconds while somebody does, and shown for a little longer than that.
const EVERY = 3_000; // milliseconds
const SHOWN = 4_500;
const MANY = 3; // names at once

export class Typing {
  constructor(place, input, send) {
    this.place = place;
    this.who = new Map(); // the timer of each
    let told = -Infinity;
    input.addEventListener("input", () => {
      if (!input.value.trim() || performance.now() - told < EVERY) return;
      told = performance.now();
      send({ typing: true });
    });
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
    const some = names.length > MANY ? `${names.length} people` : names.join(", ");
    this.place.textContent = names.length ? `${some} ${names.length > 1 ? "are" : "is"} writing…` : "";
  }
}
