// The participants, numbered within their place (a room, or a path): browser 1 and consumer 1 are the two ends of one
// connection. Times are in seconds since the epoch by the server's clock: this computer's may differ.
const MAX_PARTICIPANTS = 400; // above this, those who left are removed

export class Participants {
  constructor() {
    this.byConnection = new Map();
    this.connectionsByChannel = new Map();
    this.now = 0;
  }

  addEvent(event) {
    this.now = Math.max(this.now, event.at);
    if (typeof event.connection !== "number") return;
    const participant = this.byConnection.get(event.connection) ?? this.create(event.connection, event.what === "connect" ? Infinity : 0);
    this.update(participant, event);
    if (event.what === "accept" && participant.from === Infinity) participant.from = event.at;
    if (["accept", "receive", "send"].includes(event.what)) this.assignNumber(participant);
    if (["refuse", "disconnect"].includes(event.what)) participant.until = event.at;
  }

  // Updates from the server's list of connections. A participant that is no longer in it has left.
  updateConnections(connections) {
    for (const connection of connections) {
      const participant = this.byConnection.get(connection.id) ?? this.create(connection.id, connection.since ?? 0);
      participant.isListed = true;
      this.update(participant, connection);
      if (connection.state === "open") this.assignNumber(participant);
      if (connection.state === "closed") participant.until = Math.min(participant.until, this.now);
    }
    const listed = new Set(connections.map(({ id }) => id));
    for (const participant of this.byConnection.values()) {
      if (participant.isListed && !listed.has(participant.id) && participant.until === Infinity) participant.until = this.now;
    }
  }

  create(id, from) {
    const participant = { id, from, until: Infinity, number: 0, room: null, path: null, consumer: "", instance: "" };
    this.byConnection.set(id, participant);
    return participant;
  }

  update(participant, { room, path, consumer, instance, channel, client }) {
    const values = { room, path, consumer, instance, channel, client };
    for (const [name, value] of Object.entries(values)) if (value) participant[name] = value;
    participant.place = participant.room ?? participant.path;
    if (channel) this.connectionsByChannel.set(channel, participant.id);
  }

  // The lowest free number in the place: a tab that is reloaded gets the same number.
  assignNumber(participant) {
    if (participant.number) return;
    const taken = new Set();
    for (const other of this.byConnection.values()) {
      if (other.place === participant.place && other.until === Infinity) taken.add(other.number);
    }
    for (participant.number = 1; taken.has(participant.number); participant.number += 1);
  }

  // Those that were connected in a place at a time (Infinity is now), by number.
  connectedAt(place, time) {
    const here = [...this.byConnection.values()].filter((participant) => participant.number && participant.place === place);
    return here.filter(({ from, until }) => from <= time && time <= until).sort(compareNumbers);
  }

  // By connection, or without one by channel.
  find(connection, channel) {
    return this.byConnection.get(connection ?? this.connectionsByChannel.get(channel));
  }

  removeBefore(time) {
    if (this.byConnection.size < MAX_PARTICIPANTS) return;
    for (const participant of this.byConnection.values()) {
      if (participant.until >= time) continue;
      this.byConnection.delete(participant.id);
      this.connectionsByChannel.delete(participant.channel);
    }
  }
}

export function compareNumbers(one, other) {
  return one.number - other.number || one.id - other.id;
}
