// Journeys: all hops (events) that belong to one message have its number from the server. And which one the chart shows.
import { journeyTitle } from "./format.js";

// A frame with one flag or number, which a page sends without a person: {"beat": true}, {"got": 7}.
const SIGNAL = /^\s*\{\s*"\w+"\s*:\s*(true|false|\d+)\s*\}\s*$/;
const HEARTBEAT = /^\{"(event": ?"beat"|beat": ?true)\}$/;
const MIN_SHOWN_MS = 1_300; // a followed journey is shown at least this long, however fast others come

export class Journeys {
  constructor() {
    this.byId = new Map(); // in the order in which they began
    this.lastHopId = null; // the id of the journey that got the newest hop
  }

  addEvent(event) {
    if (event.journey === null || event.journey === undefined) return;
    const journey = this.byId.get(event.journey) ?? this.create(event);
    if (journey.hops.length === 1 && journey.hops[0].what === "start") journey.title = journeyTitle(event);
    journey.hops.push(event);
    journey.room ??= event.room;
    journey.isMessage ||= isPersonsMessage(event, journey.hops[0]);
    this.lastHopId = journey.id;
  }

  create(event) {
    const journey = {
      id: event.journey,
      at: event.at,
      room: event.room,
      hops: [],
      isPinned: false,
      title: journeyTitle(event),
      isMessage: false,
      isHeartbeat: isHeartbeat(event),
    };
    this.byId.set(journey.id, journey);
    return journey;
  }

  // The journeys of a room, or of all rooms, oldest first: people's messages, and the one with the id `alsoId`. As long as
  // there is no message: all but heartbeats.
  list(room, alsoId) {
    const inRoom = [...this.byId.values()].filter((journey) => !room || journey.room === room);
    const hasMessages = inRoom.some((journey) => journey.isMessage);
    return inRoom.filter((journey) => (hasMessages ? journey.isMessage : !journey.isHeartbeat) || journey.id === alsoId);
  }

  pinned() {
    return [...this.byId.values()].filter((journey) => journey.isPinned);
  }

  // Removes those that ended before the event with this number, the first that is still recorded.
  removeBefore(number) {
    for (const journey of this.byId.values()) {
      if (!journey.isPinned && journey.hops.at(-1).n < number) this.byId.delete(journey.id);
    }
  }

  // Pinned ones stay, under new ids: after a restart the server counts from 1 again.
  clear() {
    const pinned = this.pinned();
    this.byId.clear();
    for (const journey of pinned) {
      journey.id = `pinned ${journey.id}`;
      this.byId.set(journey.id, journey);
    }
    this.lastHopId = null;
  }
}

// chatdemo's own heartbeats: each participant has one every four seconds.
export function isHeartbeat({ payload }) {
  return HEARTBEAT.test(payload);
}

// What a task sends isn't: a game's ticks would hide all messages. One that was said on another server begins here with
// its event.
function isPersonsMessage({ what, payload, type }, first) {
  if (what === "receive") return !SIGNAL.test(String(payload));
  if (what === "group_send" && type === "chat.message") return true;
  return first.what === "start" && first.type !== "task" && ["group_send", "layer_send", "layer_receive"].includes(what);
}

// The journey that the chart shows: the newest, until the visitor chooses another.
export class JourneySelection {
  // `requestRender` is called when the selection changes.
  constructor(requestRender) {
    this.requestRender = requestRender;
    this.isFollowing = true;
    this.selectedId = null;
    this.selectedAt = -Infinity;
  }

  // Returns the journey to show from this recording now, or null.
  update(recording, room) {
    const { byId } = recording.journeys;
    if (!byId.has(this.selectedId) || (room && byId.get(this.selectedId).room !== room)) {
      this.selectedId = null;
      this.isFollowing = true;
    }
    if (this.isFollowing) this.follow(recording.journeys, room);
    return byId.get(this.selectedId) ?? null;
  }

  follow(journeys, room) {
    const newest = this.newest(journeys, room);
    if (!newest || newest.id === this.selectedId) return;
    const delay = this.selectedAt + MIN_SHOWN_MS - performance.now();
    if (delay <= 0 || this.selectedId === null) this.select(newest.id);
    else this.timer ??= setTimeout(() => this.onTimer(), delay);
  }

  // The journey with the newest hop: after a step through a frozen group, this is an older message. Signals that pages
  // send by themselves don't replace a person's message.
  newest(journeys, room) {
    const last = journeys.byId.get(journeys.lastHopId);
    return last?.isMessage && (!room || last.room === room) ? last : journeys.list(room).at(-1);
  }

  onTimer() {
    this.timer = null;
    this.requestRender();
  }

  select(id) {
    this.selectedId = id;
    this.selectedAt = performance.now();
  }

  // Shows this journey and stops following.
  choose(id) {
    this.select(id);
    this.isFollowing = false;
    this.requestRender();
  }

  followNewest() {
    this.isFollowing = true;
    this.selectedAt = -Infinity;
    this.requestRender();
  }

  // Moves to the journey before (-1) or after (1). After the newest, it follows again.
  move(step, recording, room) {
    const list = recording.journeys.list(room, this.selectedId);
    const index = list.findIndex(({ id }) => id === this.selectedId);
    const next = list[Math.max(0, index + step)];
    if (!next || (step > 0 && index + step >= list.length - 1)) this.followNewest();
    else this.choose(next.id);
  }
}
