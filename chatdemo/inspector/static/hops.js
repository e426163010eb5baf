// What a hop is in the chart: the lanes that it goes from and to, by key, and its words.
export const browser = (event) => `browser ${event.connection}`;
export const group = (name) => `group ${name}`;
export const LAYER = "layer";

// A consumer without a browser, such as a worker's, has no connection.
export function consumer(event) {
  const { connection, channel, consumer: name, instance } = event;
  return typeof connection === "number" ? `consumer ${connection}` : `worker ${channel ?? instance ?? name ?? "?"}`;
}

const ENDS = {
  connect: (event) => [browser(event), consumer(event)],
  accept: (event) => [consumer(event), browser(event)],
  refuse: (event) => [consumer(event), browser(event)],
  receive: (event) => [browser(event), consumer(event)],
  send: (event) => [consumer(event), browser(event)],
  close: (event) => [consumer(event), browser(event)],
  disconnect: (event) => [browser(event), consumer(event)],
  group_add: (event) => [consumer(event), group(event.group)],
  group_discard: (event) => [consumer(event), group(event.group)],
  group_send: (event) => [consumer(event), group(event.group)],
  layer_send: (event) => [consumer(event), LAYER],
  layer_receive: (event, via) => [via, consumer(event)],
  full: (event, via) => [via, consumer(event)],
};

// Each hop of the journey with "from" and "to"; those of them that go nowhere, such as an error, are on one lane.
export function hopsOf(journey, people) {
  let last = null; // the group that was sent to
  return journey.hops.map((event) => {
    if (event.what === "group_send") last = event.group;
    if (event.what === "layer_send") last = null;
    const name = event.group ?? last;
    const [from, to] = ends(reaching(event, people), name ? group(name) : LAYER);
    return { event, from, to };
  });
}

function ends(event, via) {
  return ENDS[event.what]?.(event, via) ?? [consumer(event), consumer(event)];
}

// A full channel is its consumer's, whoever sent the event that it refused.
function reaching(event, people) {
  const owner = event.what === "full" ? people.find(undefined, event.channel) : null;
  return owner ? { ...event, connection: owner.id } : event;
}

// In a few words, beside the arrow.
export function label(event) {
  if (event.what === "layer_receive") return event.type ?? "event";
  if (event.what === "full") return "lost: the channel is full";
  if (event.what === "error") return `error: ${event.detail ?? ""}`;
  return event.what;
}
