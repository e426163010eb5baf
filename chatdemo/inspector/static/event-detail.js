// All that is known of one event; and the latest errors.
import { button, element, isolated } from "./common/dom.js";
import { formatCount, formatSize, formatTime } from "./format.js";
import { syncList } from "./list-elements.js";

const MAX_ERRORS = 3;
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
    ["code", event.code],
    ["", [event.method, event.path].filter(Boolean).join(" ")],
    ["size", event.size === undefined ? null : formatSize(event.size)],
  ];
  const known = all.filter(([, value]) => !isEmpty(value) && value !== "");
  return known.map(([name, value], index) => element("span", { className: index ? "fact" : "fact kind" }, name ? `${name} ` : "", isolated(String(value))));
}

function sourceLine({ file, line, function: name, code }) {
  return element("p", { className: "line" }, element("span", { className: "source", textContent: `${file}:${line}` }), name ? ` in ${name} ` : " ", element("code", { textContent: code ?? "" }));
}

function tracebackList(frames) {
  const last = frames.slice(-MAX_TRACEBACK_LINES);
  return element("ol", { className: "traceback", ariaLabel: `Traceback, ${formatCount(last.length, "line")}` }, ...last.map((frame) => element("li", {}, sourceLine(frame))));
}

// The latest errors and refused connections, at the top of the page until the visitor dismisses them.
export class ErrorList {
  constructor(list) {
    this.list = list;
    this.dismissed = new Set();
  }

  render(recording, room) {
    const key = (event) => `${recording.epoch} ${event.n} ${event.at}`;
    const found = [];
    for (let index = recording.events.length - 1; index >= 0 && found.length < MAX_ERRORS; index -= 1) {
      const event = recording.events[index];
      const isInRoom = !room || !event.room || event.room === room;
      if (["error", "refuse"].includes(event.what) && isInRoom && !this.dismissed.has(key(event))) found.push(event);
    }
    syncList(this.list, found, key, (event) => this.makeItem(event, key(event)));
    this.list.hidden = found.length === 0;
  }

  makeItem(event, key) {
    const title = event.what === "error" ? `An error in ${event.consumer ?? "the application"}: ` : "";
    const text = element("p", {}, element("time", { textContent: formatTime(event.at) }), " ", element("strong", {}, title, isolated(event.detail ?? event.what)));
    const dismiss = button("Dismiss", () => {
      this.dismissed.add(key);
      item.remove();
      this.list.elementsByKey.delete(key);
    });
    const item = element("li", {}, text, dismiss, event.traceback?.length ? tracebackList(event.traceback) : null);
    return item;
  }
}
