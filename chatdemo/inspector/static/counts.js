// What was lost, dropped or passed unrecorded, in words; nothing while there is none of it.
import { write } from "./dom.js";
import { count } from "./words.js";

export class Counts {
  constructor(place) {
    this.place = place;
  }

  render({ state, dropped }) {
    const words = [];
    if (state.lost) words.push(`${count(state.lost, "event")} lost, a channel being full`);
    if (state.unrecorded) words.push(`${count(state.unrecorded, "message")} went by unrecorded: too many at once`);
    if (dropped) words.push(`${count(dropped, "older event")} dropped from the tape`);
    write(this.place, words.join(" · "));
    this.place.classList.toggle("bad", state.lost > 0);
  }
}
