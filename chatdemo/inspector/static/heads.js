// The top of the chart: what each lane is, whose it is, and how full its queue is; and the lines below it.
import { element, typed } from "./dom.js";

const ZONES = { browser: "Browsers", consumer: "Consumers", rest: "More", group: "Groups" };

// A colour for each of the first eight participants.
export function paint(target, number) {
  target.dataset.hue = number ? ((number - 1) % 8) + 1 : 0;
  return target;
}

export function disc(number) {
  return paint(element("span", { className: "disc", textContent: number || "·" }), number);
}

export function heads(lanes) {
  return [...zones(lanes), ...lanes.map((lane, index) => head(lane, index, lanes.length))];
}

// A title over the lanes of one kind, and a shade behind those that are in the server.
function zones(lanes) {
  return Object.keys(ZONES).filter((kind) => lanes.some((lane) => lane.kind === kind)).map((kind) => {
    const first = lanes.findIndex((lane) => lane.kind === kind);
    const many = lanes.filter((lane) => lane.kind === kind).length;
    const title = many === 1 && kind !== "rest" ? ZONES[kind].slice(0, -1) : ZONES[kind];
    return across(element("p", { className: `zone ${kind}`, textContent: title }), first, many, lanes.length);
  });
}

function across(target, first, many, total) {
  target.style.left = `${(first / total) * 100}%`;
  target.style.width = `${(many / total) * 100}%`;
  return target;
}

function head(lane, index, total) {
  const mark = lane.kind === "browser" || lane.kind === "consumer" ? disc(lane.number) : element("span", { className: `sign ${lane.kind}`, ariaHidden: "true" });
  const made = element("div", { className: `head ${lane.kind}`, title: [lane.title, lane.note].filter(Boolean).join(" "), data: { lane: lane.key } },
    mark, element("span", { className: "name" }, typed(lane.title)), element("span", { className: "note", textContent: lane.note }));
  if (lane.frozen) made.append(element("span", { className: "ice", textContent: "❄ frozen" }));
  if (lane.kind === "consumer" && lane.person?.channel) made.append(queue(lane.person.channel));
  return across(made, index, 1, total);
}

function queue(channel) {
  return element("span", { className: "queue", hidden: true, data: { channel } }, element("span", { className: "fill" }), element("span", { className: "waiting" }));
}

// Each consumer's queue, as long as something waits in it.
export function showQueues(place, channels) {
  const known = new Map(channels.map((channel) => [channel.channel, channel]));
  for (const made of place.querySelectorAll(".queue")) {
    const { waiting = 0, capacity } = known.get(made.dataset.channel) ?? {};
    made.hidden = waiting === 0;
    made.lastElementChild.textContent = capacity ? `${waiting} of ${capacity}` : waiting;
    made.firstElementChild.style.width = `${filled(waiting, capacity)}%`;
  }
}

// In percent; a little of anything can be seen. A layer may have no capacity.
export function filled(waiting, capacity = 100) {
  return waiting ? Math.min(100, Math.max(6, (waiting / capacity) * 100)) : 0;
}

export function lifelines(lanes) {
  const inside = lanes.findIndex((lane) => lane.kind !== "browser");
  const server = element("div", { className: "server" });
  server.hidden = inside < 0;
  if (inside >= 0) across(server, inside, lanes.length - inside, lanes.length);
  return [server, ...lanes.map((lane, index) => across(paint(element("div", { className: `lifeline ${lane.kind}` }), lane.number), index, 1, lanes.length))];
}
