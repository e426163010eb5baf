// Lets the hops appear one after the other, slowly enough to follow; they are there at once where motion is unwanted.
const EACH = 320; // milliseconds for a hop
const LONGEST = 2_600; // for a whole batch: thirty participants don't take half a minute

export class Player {
  constructor() {
    this.free = 0; // when what was played so far has ended
    this.queue = [];
  }

  // A journey begins afresh with `moving`, or is only drawn again.
  begin(moving) {
    this.moving = moving;
    this.free = 0;
    this.queue = [];
  }

  add(row) {
    this.queue.push(row);
  }

  // The batch is complete.
  end() {
    if (this.moving && this.queue.length) this.play(this.queue);
    this.moving = true; // what comes after the drawing is new
    this.queue = [];
  }

  replay(rows) {
    this.free = 0;
    for (const row of rows) row.classList.remove("plays");
    void rows[0]?.offsetWidth; // so that the animation starts again
    this.play(rows);
  }

  play(rows) {
    const now = performance.now();
    const each = Math.min(EACH, LONGEST / rows.length);
    let start = Math.max(0, Math.min(this.free - now, LONGEST));
    for (const row of rows) {
      row.style.setProperty("--wait", `${Math.round(start)}ms`);
      row.style.setProperty("--travel", `${Math.round(each * 1.2)}ms`);
      row.classList.add("plays");
      start += each;
    }
    this.free = now + start;
  }
}
