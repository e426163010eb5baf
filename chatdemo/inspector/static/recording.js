// What the inspector recorded: events, journeys, participants and the current state, with a limit on the events.
import { Journeys } from "./journeys.js";
import { Participants } from "./participants.js";

const EMPTY_STATE = { connections: [], groups: [], channels: [], notes: [], lost: 0, unrecorded: 0 };
const MAX_WAITING_MESSAGES = 200; // of the feed, while paused

export class Recording {
  constructor(maxEvents = 5_000) {
    this.maxEvents = maxEvents; // the server sends its own limit
    this.participants = new Participants();
    this.journeys = new Journeys();
    this.state = EMPTY_STATE;
    this.problems = new Map(); // by number
    this.reset();
  }

  // Adds problems, or replaces those with the same numbers.
  addProblems(problems) {
    for (const problem of problems) this.problems.set(problem.number, problem);
  }

  // The server tells a new connection all of its problems.
  clearProblems() {
    this.problems.clear();
  }

  // Adds a batch of events. After a reconnection it can repeat events; only new ones are added.
  add(events, dropped = 0) {
    if (this.isFromRestartedServer(events)) this.clear();
    for (const event of events.filter(({ n }) => n > this.lastNumber)) this.addEvent(event);
    this.dropped += dropped;
    this.trim();
  }

  addEvent(event) {
    this.lastNumber = event.n;
    this.events.push(event);
    this.participants.addEvent(event);
    this.journeys.addEvent(event);
  }

  // A known number at a time later than all: the server was restarted and counts from 1 again.
  isFromRestartedServer(events) {
    const first = events[0];
    return Boolean(first) && first.n <= this.lastNumber && first.at > this.events.at(-1).at;
  }

  trim() {
    const excess = this.events.length - this.maxEvents;
    if (excess <= 0) return;
    this.events.splice(0, excess);
    this.journeys.removeBefore(this.events[0].n);
    this.participants.removeBefore(this.events[0].at);
  }

  setState(state) {
    this.state = { ...EMPTY_STATE, ...state };
    this.participants.updateConnections(this.state.connections);
  }

  // Removes all events. Pinned journeys and the participants stay.
  clear() {
    this.reset();
    this.journeys.clear();
  }

  // `epoch` is in the keys of what the page shows: after a reset everything is drawn again.
  reset() {
    this.events = [];
    this.lastNumber = 0;
    this.dropped = 0;
    this.epoch = (this.epoch ?? 0) + 1;
  }

  // All events on the page, those of pinned journeys too, in order.
  allEvents() {
    const numbers = new Set(this.events.map(({ n }) => n));
    const pinned = this.journeys.pinned().flatMap((journey) => journey.hops).filter((hop) => !numbers.has(hop.n));
    return [...pinned, ...this.events].sort((one, other) => one.n - other.n);
  }

  groupsOf(place) {
    return this.state.groups.filter((group) => this.placeOfGroup(group) === place);
  }

  // A group's room; without one, the place of its members.
  placeOfGroup(group) {
    if (group.room) return group.room;
    const known = group.members.map(({ connection }) => this.participants.byConnection.get(connection)).filter(Boolean);
    return known.length ? known[0].place : null;
  }

  // The room, or without one the path, of the newest connection.
  newestPlace() {
    const newest = this.state.connections.at(-1);
    return newest ? newest.room ?? newest.path : null;
  }
}

// Chooses which recording the page shows: the live one, which can be paused, or one from a file.
export class RecordingSwitch {
  // `apply(recording, message)` adds a message of the feed to a recording.
  constructor(recording, apply) {
    this.live = this.shown = recording;
    this.apply = apply;
    this.waiting = null; // while paused: the messages since then
    this.fileName = "";
  }

  get isPaused() {
    return this.waiting !== null;
  }

  receive(message) {
    if (this.isPaused) this.queue(message);
    else this.apply(this.live, message);
  }

  // Of several states only the newest is stored. If there are too many messages, the oldest are dropped.
  queue(message) {
    if (message.kind === "state") this.waiting = this.waiting.filter(({ kind }) => kind !== "state");
    this.waiting.push(message);
    if (this.waiting.length > MAX_WAITING_MESSAGES) this.live.dropped += this.waiting.shift().events?.length ?? 0;
  }

  // Removes the live recording's events, and those that wait. The newest state stays.
  clear() {
    this.waiting &&= this.waiting.filter(({ kind }) => kind !== "events");
    this.live.clear();
  }

  get waitingEvents() {
    return (this.waiting ?? []).reduce((sum, { events }) => sum + (events?.length ?? 0), 0);
  }

  togglePause() {
    const messages = this.waiting;
    this.waiting = messages ? null : [];
    for (const message of messages ?? []) this.apply(this.live, message);
  }

  showFile(recording, name) {
    this.shown = recording;
    this.fileName = name;
  }

  showLive() {
    this.showFile(this.live, "");
  }
}
