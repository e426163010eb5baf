// Where a message belongs: each has its number in the room, and the page shows each once, in order.
export class Sequence {
  // ``history`` is its key, empty where nothing was said yet.
  constructor({ messages, history }) {
    this.last = messages.at(-1)?.seq ?? 0;
    this.history = history;
    this.fresh = true; // nothing has come on this connection yet
  }

  connected() {
    this.fresh = true;
  }

  // True if the room has another history now than when this page last heard: it was forgotten, or the database is new.
  welcome(history) {
    const changed = this.history ? history !== this.history : this.last > 0 && !history;
    this.history = history;
    if (changed) this.last = 0;
    return changed;
  }

  // True if the room's first message came after this page did: until then there was no history, and no key.
  get isUnknown() {
    return this.last > 0 && !this.history;
  }

  // "next", "old" (it is here already) or "gap" (some before it are missing). The first that the server sends on a
  // connection comes next, whatever its number: what lies between was deleted.
  place(seq) {
    if (!seq) return "next"; // nothing is kept
    if (seq <= this.last) return "old";
    if (seq > this.last + 1 && !this.fresh) return "gap";
    this.fresh = false;
    this.last = seq;
    return "next";
  }
}
