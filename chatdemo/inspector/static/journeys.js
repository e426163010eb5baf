// The journeys: the hops that belong to one message, by the number that the server gave it.
import { gist } from "./words.js";

// One flag or number, which a page tells by itself: {"beat": true}, {"got": 7}.
const SIGNAL = /^\s*\{\s*"\w+"\s*:\s*(true|false|\d+)\s*\}\s*$/;
const BEAT = /^\{"(event": ?"beat"|beat": ?true)\}$/;

export class Journeys {
  constructor() {
    this.all = new Map(); // by id, in the order in which they began
    this.touched = null; // the journey of the newest hop
  }

  add(event) {
    if (event.journey === null || event.journey === undefined) return;
    const journey = this.all.get(event.journey) ?? this.start(event);
    journey.hops.push(event);
    journey.room ??= event.room;
    this.touched = journey.id;
  }

  start(event) {
    const journey = { id: event.journey, at: event.at, room: event.room, hops: [], kept: false, text: gist(event), said: isSaid(event), told: !isBeat(event) };
    this.all.set(journey.id, journey);
    return journey;
  }

  // Those of a room, or of all, the oldest first: what people have said, and `also`; or, as long as nobody has said
  // anything, what is told by itself, but for heartbeats.
  list(room, also) {
    const all = [...this.all.values()].filter((journey) => !room || journey.room === room);
    const wanted = all.some((journey) => journey.said) ? "said" : "told";
    return all.filter((journey) => journey[wanted] || journey.id === also);
  }

  kept() {
    return [...this.all.values()].filter((journey) => journey.kept);
  }

  // Those that end before the event `oldest`, which is the first that the tape still has.
  forget(oldest) {
    for (const journey of this.all.values()) {
      if (!journey.kept && journey.hops.at(-1).n < oldest) this.all.delete(journey.id);
    }
  }

  // The kept ones stay, under ids of their own: the server may count from the beginning again.
  clear() {
    const kept = this.kept();
    this.all.clear();
    for (const journey of kept) {
      journey.id = `kept ${journey.id}`;
      this.all.set(journey.id, journey);
    }
    this.touched = null;
  }
}

// chatdemo's own, of which each participant has one every four seconds.
export function isBeat({ payload }) {
  return BEAT.test(payload);
}

// Whether this is a browser's frame, with something that a person wrote.
function isSaid({ what, payload }) {
  return what === "receive" && !SIGNAL.test(String(payload));
}
