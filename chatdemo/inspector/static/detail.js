// All there is to know of one event, in a place of its own: the chart's hops and the list's lines show it there.
import { element, typed } from "./dom.js";
import { clock, count, size } from "./words.js";

const USUAL = { data: { at: "detail" } };

export class Detail {
  constructor(root, hint) {
    this.place = element("div", { className: "detail", ...USUAL }, element("p", { className: "hint", textContent: hint }));
    root.append(this.place);
  }

  show(event) {
    if (event === this.event) return;
    this.event = event;
    this.place.replaceChildren(...describe(event));
  }

  clear() {
    this.event = null;
  }
}

export function describe(event) {
  return [
    element("p", { className: "facts" }, ...facts(event)),
    event.source ? code(event.source) : null,
    event.detail ? element("p", { className: "why" }, typed(event.detail)) : null,
    event.traceback ? traceback(event.traceback) : null,
    event.payload === null || event.payload === undefined ? null : element("pre", { className: "payload", dir: "auto", tabIndex: 0, ariaLabel: "Payload", textContent: event.payload }),
  ].filter(Boolean);
}

function facts(event) {
  const known = [
    ["", event.what], ["at", clock(event.at)], ["room", event.room], ["in", [event.consumer, event.instance].filter(Boolean).join(" ")], ["type", event.type], ["group", event.group],
    ["channel", event.channel], ["members", event.members], ["waiting in the queue", event.waiting], ["code", event.code], ["", [event.method, event.path].filter(Boolean).join(" ")], ["size", event.size === undefined ? null : size(event.size)],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  return known.map(([name, value], index) => element("span", { className: index ? "fact" : "fact kind" }, name ? `${name} ` : "", typed(String(value))));
}

function code({ file, line, function: name, code: text }) {
  return element("p", { className: "line" }, element("span", { className: "source", textContent: `${file}:${line}` }), name ? ` in ${name} ` : " ", element("code", { textContent: text ?? "" }));
}

export function traceback(frames) {
  const most = frames.slice(-12);
  return element("ol", { className: "traceback", ariaLabel: `Traceback, ${count(most.length, "line")}` }, ...most.map((frame) => element("li", {}, code(frame))));
}
