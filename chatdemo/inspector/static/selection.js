// Which journey the chart shows: the newest, as long as nobody chooses another.
const HOLD = 1_300; // milliseconds for which one stays, however fast others come

export class Selection {
  constructor(again) {
    this.again = again; // asks to be called once more
    this.following = true;
    this.chosen = null;
    this.since = -Infinity;
  }

  // The journey to show from this tape now, or null.
  pick(tape, room) {
    const { journeys } = tape;
    if (!journeys.all.has(this.chosen) || (room && journeys.all.get(this.chosen).room !== room)) this.drop();
    if (this.following) this.follow(tape, room);
    return journeys.all.get(this.chosen) ?? null;
  }

  follow(tape, room) {
    const newest = this.newest(tape, room);
    if (!newest || newest.id === this.chosen) return;
    const left = this.since + HOLD - performance.now();
    if (left <= 0 || this.chosen === null) this.set(newest.id);
    else this.retry ??= setTimeout(() => this.retried(), left);
  }

  // That of the newest hop, which after a step is an older message's. But what somebody says isn't pushed aside by
  // what is told by itself: who came, what time it is.
  newest({ journeys }, room) {
    const touched = journeys.all.get(journeys.touched);
    return touched?.said && (!room || touched.room === room) ? touched : journeys.list(room).at(-1);
  }

  retried() {
    this.retry = null;
    this.again();
  }

  set(id) {
    this.chosen = id;
    this.since = performance.now();
  }

  drop() {
    this.chosen = null;
    this.following = true;
  }

  choose(id) {
    this.set(id);
    this.following = false;
    this.again();
  }

  latest() {
    this.following = true;
    this.since = -Infinity;
    this.again();
  }

  // The one before (-1) or after (1); past the newest, it follows again.
  move(step, tape, room) {
    const list = tape.journeys.list(room, this.chosen);
    const now = list.findIndex((journey) => journey.id === this.chosen);
    const next = list[Math.max(0, now + step)];
    if (!next || (step > 0 && now + step >= list.length - 1)) this.latest();
    else this.choose(next.id);
  }
}
