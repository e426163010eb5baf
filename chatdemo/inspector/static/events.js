// The list of events, newest first, with filters.
import { button, element, formatNumber, isolated, setText } from "./common/dom.js";
import { EventDetail } from "./event-detail.js";
import { formatCount, formatEvent, formatSource, formatTime, truncate } from "./format.js";
import { isHeartbeat } from "./journeys.js";
import { numberDisc } from "./chart-lanes.js";
import { addRovingFocus, setTabStop, syncList } from "./list-elements.js";

const FIRST_ROWS = 100;
const MORE_ROWS = 200; // for each click on the button
const MAX_ROW_CHARACTERS = 200;
const KIND_LABELS = {
  news: "all but heartbeats",
  "": "all kinds",
  frames: "frames",
  layer: "channel layer",
  connections: "connections",
  trouble: "errors and losses",
  http: "HTTP",
};
const KINDS = {
  frames: ["receive", "send"],
  layer: ["start", "group_add", "group_discard", "group_send", "layer_send", "layer_receive", "full", "freeze", "thaw"],
  connections: ["connect", "accept", "refuse", "close", "disconnect"],
  trouble: ["error", "refuse", "full", "dropped"],
  http: ["http"],
};

const DIRECTION_LABELS = {
  "": "all directions",
  fromBrowser: "browser → server",
  toBrowser: "server → browser",
  toLayer: "consumer → channel layer",
  fromLayer: "channel layer → consumer",
};
const DIRECTIONS = {
  fromBrowser: ["connect", "receive", "disconnect"],
  toBrowser: ["accept", "refuse", "send", "close"],
  toLayer: ["group_add", "group_discard", "group_send", "layer_send"],
  fromLayer: ["layer_receive"],
};

export class EventList {
  // `onJourney(id)` is called with the journey of an event that is clicked.
  constructor(root, form, requestRender, onJourney) {
    this.onJourney = onJourney;
    this.maxRows = FIRST_ROWS;
    this.filters = new EventFilters(form, () => this.setMaxRows(FIRST_ROWS, requestRender));
    this.list = element("ol", { className: "events", ariaLabel: "Events, the newest first" });
    this.more = button("Show older events", () => this.setMaxRows(this.maxRows + MORE_ROWS, requestRender));
    this.empty = element("p", { className: "none" });
    this.detail = new EventDetail("Point at an event, or move to it with the keyboard, to see all of it.");
    addRovingFocus(this.list);
    root.append(this.detail.root, this.list, this.empty, this.more);
  }

  setMaxRows(maxRows, requestRender) {
    this.maxRows = maxRows;
    requestRender();
  }

  render(recording, room) {
    this.filters.updateParticipants([...recording.participants.byConnection.values()]);
    const matches = this.filters.matcher(room);
    const found = [];
    let hasMore = false;
    for (let index = recording.events.length - 1; index >= 0 && !hasMore; index -= 1) {
      if (!matches(recording.events[index])) continue;
      if (found.length < this.maxRows) found.push(recording.events[index]);
      else hasMore = true;
    }
    this.more.hidden = !hasMore;
    syncList(this.list, found, ({ n }) => `${recording.epoch} ${n}`, (event) => this.makeItem(event, recording.participants));
    setTabStop(this.list);
    const total = recording.events.length;
    setText(this.empty, found.length ? "" : total ? `No events match the filter (${formatNumber(total)} in all).` : "No events yet.");
  }

  makeItem(event, participants) {
    const row = element("button", { type: "button", className: "event", tabIndex: -1 },
      element("time", { textContent: formatTime(event.at) }),
      numberDisc(participants.find(event.connection)?.number ?? 0),
      element("b", { textContent: event.what }),
      element("span", { className: "source", textContent: formatSource(event) }),
      isolated(truncate(formatEvent(event).replace(/\s+/g, " "), MAX_ROW_CHARACTERS), "line"));
    for (const type of ["focus", "pointerenter"]) row.addEventListener(type, () => this.detail.show(event));
    if (event.journey) row.addEventListener("click", () => this.onJourney(event.journey));
    return element("li", { data: { what: event.what, n: event.n } }, row);
  }
}

// Filters by kind, direction, participant and text.
class EventFilters {
  constructor(form, onChange) {
    this.kind = select("filter-kind", KIND_LABELS);
    this.direction = select("filter-direction", DIRECTION_LABELS);
    this.participant = element("select", { id: "filter-who" }, element("option", { value: "", textContent: "all" }));
    this.text = element("input", { id: "filter-text", type: "search", placeholder: "text in the event", autocomplete: "off" });
    const controls = { Kind: this.kind, Direction: this.direction, Participant: this.participant, Text: this.text };
    form.append(...Object.entries(controls).map(([label, control]) => element("label", {}, `${label} `, control)));
    form.oninput = onChange;
    form.onsubmit = (event) => event.preventDefault();
  }

  updateParticipants(participants) {
    const numbered = participants.filter(({ number }) => number);
    const key = numbered.map(({ id, number, until }) => `${id} ${number} ${until}`).join();
    if (key === this.participantsKey) return;
    this.participantsKey = key;
    const { value } = this.participant;
    const options = numbered.map((one) => element("option", { value: one.id, textContent: participantName(one) }));
    this.participant.replaceChildren(this.participant.options[0], ...options);
    this.participant.value = numbered.some(({ id }) => String(id) === value) ? value : "";
  }

  // Returns a function: does the list show this event?
  matcher(room) {
    const kinds = KINDS[this.kind.value];
    const directed = DIRECTIONS[this.direction.value];
    const withHeartbeats = this.kind.value !== "news";
    const connection = this.participant.value;
    const text = this.text.value.trim().toLowerCase();
    return (event) =>
      (!room || event.room === room || event.room === undefined) &&
      (!kinds || kinds.includes(event.what)) &&
      (!directed || directed.includes(event.what)) &&
      (withHeartbeats || !isHeartbeat(event)) &&
      (!connection || String(event.connection) === connection) &&
      (!text || `${event.what} ${event.consumer ?? ""} ${formatEvent(event)}`.toLowerCase().includes(text));
  }
}

// One that has left may have had the number of one that is here.
function participantName({ number, place, until }) {
  return `browser ${number} in ${place}${until === Infinity ? "" : `, until ${formatTime(until)}`}`;
}

function select(id, labels) {
  return element("select", { id }, ...Object.entries(labels).map(([value, textContent]) => element("option", { value, textContent })));
}
