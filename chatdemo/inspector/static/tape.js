// What the feed has told so far, in order and bounded as the server's own tape is: events, journeys, people, state.
import { Journeys } from "./journeys.js";
import { People } from "./people.js";

const NOTHING = { connections: [], groups: [], channels: [], lost: 0, unrecorded: 0 };

export class Tape {
  constructor(limit = 5_000) {
    this.limit = limit;
    this.people = new People();
    this.journeys = new Journeys();
    this.state = NOTHING;
    this.stateVersion = 0;
    this.begin();
  }

  // Takes a batch; one that repeats what is here already, as after a reconnection, adds only what is new.
  add(events, dropped = 0) {
    if (this.isAnotherServers(events)) this.clear();
    const fresh = events.filter((event) => event.n > this.last);
    for (const event of fresh) this.take(event);
    this.dropped += dropped;
    this.trim();
    return fresh;
  }

  take(event) {
    this.last = event.n;
    this.events.push(event);
    this.people.note(event);
    this.journeys.add(event);
  }

  // A number that was had already, at a later time than any: the server was started again, and counts from the beginning.
  isAnotherServers(events) {
    const first = events[0];
    return Boolean(first) && first.n <= this.last && first.at > this.events.at(-1).at;
  }

  trim() {
    const excess = this.events.length - this.limit;
    if (excess <= 0) return;
    this.events.splice(0, excess);
    this.journeys.forget(this.events[0].n);
    this.people.forget(this.events[0].at);
  }

  set(state) {
    this.state = { ...NOTHING, ...state };
    this.stateVersion += 1;
    this.people.update(this.state.connections);
  }

  // Empty, but for the journeys that are kept and for who is here. `epoch` tells views to start again.
  clear() {
    this.begin();
    this.journeys.clear();
  }

  begin() {
    this.events = [];
    this.last = 0;
    this.dropped = 0;
    this.epoch = (this.epoch ?? 0) + 1;
  }

  // Every event on the page, those of kept journeys too, in order.
  everything() {
    const numbers = new Set(this.events.map((event) => event.n));
    const kept = this.journeys.kept().flatMap((journey) => journey.hops).filter((hop) => !numbers.has(hop.n));
    return [...kept, ...this.events].sort((one, other) => one.n - other.n);
  }

  // The groups of a place, those that frozen ones are in too.
  groupsOf(place) {
    return this.state.groups.filter((group) => this.placeOfGroup(group) === place);
  }

  placeOfGroup(group) {
    if (group.room) return group.room;
    const known = group.members.map((member) => this.people.all.get(member.connection)).filter(Boolean);
    return known.length ? known[0].place : null;
  }
}
