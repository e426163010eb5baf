// Which tape the page shows: the live one, which can be paused, or a file's.
const MOST = 200; // batches kept while paused

export class Recorder {
  // `apply` puts a message of the feed onto a tape.
  constructor(tape, apply) {
    this.live = this.tape = tape;
    this.apply = apply;
    this.waiting = null; // messages, while paused
    this.file = "";
  }

  get paused() {
    return this.waiting !== null;
  }

  take(message) {
    if (this.paused) this.hold(message);
    else this.apply(this.live, message);
  }

  // The newest state is enough of them all, and of too many events the oldest are dropped.
  hold(message) {
    if (message.kind === "state") this.waiting = this.waiting.filter(({ kind }) => kind !== "state");
    this.waiting.push(message);
    if (this.waiting.length > MOST) this.live.dropped += this.waiting.shift().events?.length ?? 0;
  }

  // Empties the live tape, of what waits too; the newest state is no event.
  clear() {
    this.waiting &&= this.waiting.filter(({ kind }) => kind !== "events");
    this.live.clear();
  }

  get missed() {
    return (this.waiting ?? []).reduce((sum, { events }) => sum + (events?.length ?? 0), 0);
  }

  pause() {
    this.waiting ??= [];
  }

  resume() {
    const messages = this.waiting ?? [];
    this.waiting = null;
    for (const message of messages) this.apply(this.live, message);
  }

  show(tape, name) {
    this.tape = tape;
    this.file = name;
  }

  goLive() {
    this.show(this.live, "");
  }
}
