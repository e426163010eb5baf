// All that is known of one event.
import { element, isolated } from "./common/dom.js";
import { formatCode, formatCount, formatSize, formatTime } from "./format.js";

const MAX_TRACEBACK_LINES = 12;

export class EventDetail {
  constructor(hint) {
    this.root = element("div", { className: "detail", data: { at: "detail" } }, element("p", { className: "hint", textContent: hint }));
  }

  show(event) {
    if (event === this.event) return;
    this.event = event;
    const parts = [
      element("p", { className: "facts" }, ...facts(event)),
      event.source ? sourceLine(event.source) : null,
      event.detail ? element("p", { className: "why" }, isolated(event.detail)) : null,
      event.traceback ? tracebackList(event.traceback) : null,
      isEmpty(event.payload) ? null : element("pre", { className: "payload", dir: "auto", tabIndex: 0, ariaLabel: "Payload", textContent: event.payload }),
    ];
    this.root.replaceChildren(...parts.filter(Boolean));
  }
}

function isEmpty(value) {
  return value === null || value === undefined;
}

function facts(event) {
  const all = [
    ["", event.what],
    ["at", formatTime(event.at)],
    ["room", event.room],
    ["in", [event.consumer, event.instance].filter(Boolean).join(" ")],
    ["type", event.type],
    ["group", event.group],
    ["channel", event.channel],
    ["members", event.members],
    ["waiting in the queue", event.waiting],
    ["code", formatCode(event)],
    ["", [event.method, event.path].filter(Boolean).join(" ")],
    ["size", event.size === undefined ? null : formatSize(event.size)],
  ];
  const known = all.filter(([, value]) => !isEmpty(value) && value !== "");
  return known.map(([name, value], index) => element("span", { className: index ? "fact" : "fact kind" }, name ? `${name} ` : "", isolated(String(value))));
}

export function sourceLine({ file, line, function: name, code }) {
  return element("p", { className: "line" }, element("span", { className: "source", textContent: `${file}:${line}` }), name ? ` in ${name} ` : " ", element("code", { textContent: code ?? "" }));
}

export function tracebackList(frames) {
  const last = frames.slice(-MAX_TRACEBACK_LINES);
  return element("ol", { className: "traceback", ariaLabel: `Traceback, ${formatCount(last.length, "line")}` }, ...last.map((frame) => element("li", {}, sourceLine(frame))));
}
