// Each connection: whose it is, its consumer, its state, what waits for a slow browser, and its age.
import { element, sync, write } from "./dom.js";
import { disc } from "./heads.js";
import { age, size } from "./words.js";

const MOST = 60;
const COLUMNS = ["Browser", "Room", "Consumer", "State", "Backlog", "In", "Out", "Age"];
const NONE = "Nobody is connected. Open the chat in two tabs.";

export class Connections {
  constructor(root) {
    this.body = element("tbody");
    const head = element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col", textContent: name })));
    this.table = element("table", {}, element("thead", {}, head), this.body);
    this.none = element("p", { className: "none" });
    root.append(element("div", { className: "scrolls", tabIndex: 0, role: "group", ariaLabel: "Connections" }, this.table), this.none);
  }

  render(tape, room) {
    const known = tape.state.connections.filter((one) => !room || (one.room ?? one.path) === room);
    known.sort((one, other) => (one.state === "closed") - (other.state === "closed")); // stable: else as they came
    const now = Date.now() / 1000;
    sync(this.body, known.slice(0, MOST), (one) => one.id, () => make(), (row, one) => update(row, one, tape.people.all.get(one.id), now));
    this.table.hidden = known.length === 0;
    write(this.none, known.length ? (known.length > MOST ? `and ${known.length - MOST} more` : "") : NONE);
  }
}

function make() {
  return element("tr", {}, ...COLUMNS.map(() => element("td", { dir: "auto" })));
}

function update(row, one, person, now) {
  const number = person?.number ?? 0;
  const [browser, ...cells] = row.children;
  if (row.number !== number) browser.replaceChildren(disc(number), element("span", { className: "client", textContent: one.client ?? "" }));
  row.number = number;
  const consumer = [one.consumer, one.instance].filter(Boolean).join(" ");
  const backlog = one.backlog === null || one.backlog === undefined ? "" : size(one.backlog);
  const texts = [one.room ?? one.path ?? "", consumer, one.state, backlog, one.received ?? "", one.sent ?? "", age(now - one.since)];
  cells.forEach((cell, index) => write(cell, String(texts[index])));
  cells[0].title = texts[0];
  row.dataset.state = one.state;
}
