// The participants, numbered within their room: browser 1 and consumer 1 are two ends of one connection.
const MOST = 400; // participants that are gone and still known

export class People {
  constructor() {
    this.all = new Map(); // by connection
    this.channels = new Map(); // connection by channel
    this.now = 0; // by the server's clock: this machine's may be another
  }

  note(event) {
    this.now = Math.max(this.now, event.at);
    if (typeof event.connection !== "number") return;
    const person = this.all.get(event.connection) ?? this.meet(event.connection, event.what === "connect" ? Infinity : 0);
    this.learn(person, event);
    if (event.what === "accept" && person.from === Infinity) person.from = event.at;
    if (["accept", "receive", "send"].includes(event.what)) this.number(person);
    if (["refuse", "disconnect"].includes(event.what)) person.until = event.at;
  }

  // What the server says is connected now; who has left without a word ends.
  update(connections) {
    for (const known of connections) {
      const person = this.all.get(known.id) ?? this.meet(known.id, known.since ?? 0);
      person.listed = true;
      this.learn(person, known);
      if (known.state === "open") this.number(person);
      if (known.state === "closed") person.until = Math.min(person.until, this.now);
    }
    const here = new Set(connections.map((known) => known.id));
    for (const person of this.all.values()) if (person.listed && !here.has(person.id)) this.end(person);
  }

  end(person) {
    if (person.until === Infinity) person.until = this.now;
  }

  meet(id, from) {
    const person = { id, from, until: Infinity, number: 0, room: null, path: null, consumer: "", instance: "" };
    this.all.set(id, person);
    return person;
  }

  learn(person, { room, path, consumer, instance, channel, client }) {
    const news = { room, path, consumer, instance, channel, client };
    for (const [name, value] of Object.entries(news)) if (value) person[name] = value;
    person.place = person.room ?? person.path;
    if (channel) this.channels.set(channel, person.id);
  }

  // The lowest number that is free in the place: a tab that is loaded again keeps its own.
  number(person) {
    if (person.number) return;
    const taken = new Set();
    for (const other of this.all.values()) {
      if (other.place === person.place && other.until === Infinity) taken.add(other.number);
    }
    for (person.number = 1; taken.has(person.number); person.number += 1);
  }

  // Who was connected in a place at a time (seconds since the epoch; Infinity is now), by number.
  at(place, time) {
    const there = [...this.all.values()].filter((person) => person.number && person.place === place);
    return there.filter((person) => person.from <= time && time <= person.until).sort(byNumber);
  }

  find(connection, channel) {
    return this.all.get(connection ?? this.channels.get(channel));
  }

  forget(oldest) {
    if (this.all.size < MOST) return;
    for (const person of this.all.values()) {
      if (person.until >= oldest || person.kept) continue;
      this.all.delete(person.id);
      this.channels.delete(person.channel);
    }
  }
}

export function byNumber(one, other) {
  return one.number - other.number || one.id - other.id;
}
