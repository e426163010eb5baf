// One hop in the chart: the time since the one before, an arrow from lane to lane, and its words.
import { element, typed } from "./dom.js";
import { label } from "./hops.js";
import { paint } from "./heads.js";
import { clock, count, cut, gap, source } from "./words.js";

const LONGEST = 120; // characters of a payload beside an arrow

export function row({ event, from, to }, before, places, lanes) {
  const made = build(event, before, places, [element("b", { textContent: cut(label(event), 60) }), ...where(event), ...what(event)]);
  const names = new Map(lanes.map((lane) => [lane.key, lane.person ? `${lane.kind} ${lane.number}` : lane.title]));
  const way = from === to ? `at ${names.get(from) ?? from}` : `${names.get(from) ?? from} to ${names.get(to) ?? to}`;
  made.firstElementChild.ariaLabel = `${way}: ${cut(label(event), 60)}, ${source(event)}, ${time(event, before)}`;
  const number = lanes.find((lane) => lane.person && [from, to].includes(lane.key))?.number;
  return paint(made, number ?? 0);
}

// The row of all who have no lane of their own.
export function restRow({ event }, before, places) {
  const made = paint(build(event, before, places, [element("b"), ...where(event)]), 0);
  made.classList.add("all");
  return made;
}

export function updateRest(made, hops) {
  const kinds = new Map();
  for (const { event } of hops) kinds.set(label(event), (kinds.get(label(event)) ?? 0) + 1);
  const words = [...kinds].map(([name, many]) => `${cut(name, 60)} × ${many}`).join(" · ");
  made.querySelector("b").textContent = words;
  made.firstElementChild.ariaLabel = `the rest, ${count(hops.length, "hop")}: ${words}`;
}

function build(event, before, [start, end], words) {
  const arrow = element("span", { className: `arrow ${end < start ? "back" : "forth"}` }, element("span", { className: "packet" }));
  arrow.style.left = `${Math.min(start, end) * 100}%`;
  arrow.style.width = `${Math.abs(end - start) * 100}%`;
  if (start === end) arrow.classList.add("still");
  const text = element("span", { className: "words" }, ...words);
  anchor(text, Math.min(start, end), Math.max(start, end));
  const stop = element("button", { type: "button", className: "hop" }, element("span", { className: "track" }, element("span", { className: "gap", textContent: time(event, before) }), text, arrow));
  return element("li", { className: event.what, data: { what: event.what, n: event.n } }, stop);
}

// The words begin, or end, at that end of the arrow from which there is more room.
function anchor(text, left, right) {
  const after = 1 - left >= right;
  text.style[after ? "left" : "right"] = `${(after ? left : 1 - right) * 100}%`;
  text.style.maxWidth = `${(after ? 1 - left : right) * 100}%`;
  text.classList.toggle("ends", !after);
}

function time(event, before) {
  return before ? gap(event.at - before.at) : clock(event.at);
}

function where(event) {
  return event.source ? [element("span", { className: "source", textContent: source(event) })] : [];
}

function what(event) {
  const text = event.payload ?? (event.what === "error" ? null : event.detail);
  return text ? [typed(cut(text.replace(/\s+/g, " "), LONGEST), "payload")] : [];
}
