// The table of connections: each with its user, its consumer, its state or close code, the bytes that wait for a slow
// browser, and its age.
import { element, setText } from "./common/dom.js";
import { formatAge, formatCode, formatSize } from "./format.js";
import { numberDisc } from "./chart-lanes.js";
import { syncList } from "./list-elements.js";

const MAX_ROWS = 60;
const COLUMNS = ["Browser", "User", "Path", "Consumer", "State", "Backlog", "In", "Out", "Age"];

export class ConnectionTable {
  constructor(root) {
    this.body = element("tbody");
    const head = element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col", textContent: name })));
    this.table = element("table", {}, element("thead", {}, head), this.body);
    this.note = element("p", { className: "none" });
    root.append(element("div", { className: "scrolls", tabIndex: 0, role: "group", ariaLabel: "Connections" }, this.table), this.note);
  }

  render(recording, room) {
    const connections = recording.state.connections.filter((connection) => !room || (connection.room ?? connection.path) === room);
    connections.sort((one, other) => (one.state === "closed") - (other.state === "closed")); // else in their order: the sort is stable
    const now = Date.now() / 1000;
    const numberOf = ({ id }) => recording.participants.byConnection.get(id)?.number ?? 0;
    syncList(this.body, connections.slice(0, MAX_ROWS), ({ id }) => id, makeRow, (row, connection) => updateRow(row, connection, numberOf(connection), now));
    this.table.hidden = connections.length === 0;
    const more = connections.length - MAX_ROWS;
    setText(this.note, connections.length === 0 ? "Nobody is connected. Open the chat in two tabs." : more > 0 ? `and ${more} more` : "");
  }
}

function makeRow() {
  return element("tr", {}, ...COLUMNS.map(() => element("td", { dir: "auto" })));
}

function updateRow(row, connection, number, now) {
  const { path, user, consumer, instance, backlog, received, sent, since, client } = connection;
  const [browser, ...cells] = row.children;
  if (row.number !== number) browser.replaceChildren(numberDisc(number), element("span", { className: "client", textContent: client ?? "" }));
  row.number = number;
  const texts = [
    user ?? "",
    path ?? "",
    [consumer, instance].filter(Boolean).join(" "),
    describeState(connection),
    backlog === null || backlog === undefined ? "" : formatSize(backlog),
    received ?? "",
    sent ?? "",
    formatAge(now - since),
  ];
  cells.forEach((cell, index) => setText(cell, String(texts[index])));
  cells[1].title = texts[1];
  row.dataset.state = connection.state;
}

// "closed by the browser with 1001: going away".
function describeState({ state, code, meaning, closed_by: closedBy }) {
  if (!closedBy) return state;
  const how = formatCode({ code, meaning });
  return `closed by the ${closedBy}${how ? ` with ${how}` : ""}`;
}
