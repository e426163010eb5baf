// What was written and hasn't come back from the room yet. Each message is shown until it does, and none is dropped:
// without a connection it waits, a page that is loaded again has it still, and after each loss of the connection it is
// sent again with the id that it had. The server says it once.
import { showFate } from "./fate.js";
import { element, renderMessage } from "./message.js";
import { keys, random, read, remove, write } from "./storage.js";

const PASSING = ["not_kept"]; // an error of the moment: the same message may be taken the next time
const OFFLINE = "Waiting for the connection…";
const IN_TURN = "Waiting for its turn…";
const WINDOW = 5; // messages on their way at once; the next goes when one has come back
const BREATH = 1_000; // milliseconds without sending, when the server asks for it

export class Outbox {
  // ``kept``: the server keeps what is said, and so knows what it has.
  constructor(list, room, kept, send) {
    this.list = list;
    this.prefix = `chatdemo outbox ${room} `;
    this.kept = kept;
    this.send = send;
    this.entries = new Map(); // by the id that goes with the message
    this.onEdit = () => {};
    this.onChosen = () => {}; // a button was pressed, and is gone
    addEventListener("beforeunload", (event) => !kept && this.entries.size && event.preventDefault());
  }

  // What this browser had written when the page was left.
  restore() {
    const left = keys().filter((key) => this.kept && key.startsWith(this.prefix)).map((key) => [key, JSON.parse(read(key))]);
    for (const [key, { text }] of left.sort(([, one], [, other]) => one.at - other.at)) this.put(key.slice(this.prefix.length), text);
  }

  add(text) {
    const id = `${Date.now().toString(36)}-${random()}`; // those of one time are beside each other in the database
    if (this.kept) write(this.prefix + id, JSON.stringify({ text, at: Date.now() }));
    this.put(id, text);
  }

  put(id, text) {
    const item = renderMessage(text, element("p", "fate"), element("div", "choices"));
    this.entries.set(id, { text, item, sent: false, failed: false });
    this.list.append(item);
    this.show(item, IN_TURN, []);
    this.flush();
  }

  // Sends what waits, in its order, a few at a time. Of a flood one: else what is refused for a moment comes too late.
  flush() {
    const going = [...this.entries].filter(([, entry]) => !entry.failed);
    let free = (this.slow || going.length > WINDOW ? 1 : WINDOW) - going.filter(([, entry]) => entry.sent).length;
    for (const [id, entry] of going) {
      if (this.breath || free < 1) return;
      if (entry.sent) continue;
      if (!this.transmit(id)) return this.wait();
      free--;
    }
  }

  // There is no connection: one day there is.
  wait() {
    for (const { item, sent, failed } of this.entries.values()) if (!sent && !failed) this.show(item, OFFLINE, []);
  }

  // Sends nothing for a moment.
  breathe() {
    clearTimeout(this.breath);
    this.breath = setTimeout(() => {
      this.breath = null;
      this.flush();
    }, BREATH);
  }

  // The room has the message: true if it was one of ours.
  confirm(id) {
    if (!id) return false;
    remove(this.prefix + id);
    this.entries.get(id)?.item.remove();
    const known = this.entries.delete(id);
    this.slow &&= this.entries.size > 0;
    this.flush();
    return known || this.kept; // an id comes to its sender alone, to another tab too
  }

  // The message was refused: false if it is none of ours.
  fail(id, code, detail) {
    const entry = this.entries.get(id);
    if (!entry) return false;
    if (code === "too_fast") {
      entry.sent = false;
      this.slow = true; // until all is said
      this.show(entry.item, IN_TURN, []); // it goes by itself
      this.breathe();
      return true;
    }
    entry.failed = true;
    const again = PASSING.includes(code) ? [["Try again", () => this.retry(id)]] : [];
    this.show(entry.item, detail, [...again, ["Edit", () => this.edit(id)], ["Discard", () => this.confirm(id)]]);
    return true;
  }

  // The connection went: what it was given and didn't bring back may have arrived, or not.
  onLost() {
    for (const [id, entry] of this.entries) {
      if (!entry.sent || entry.failed) continue;
      if (this.kept) {
        entry.sent = false;
      } else {
        this.doubt(id, entry);
      }
    }
    this.wait();
  }

  doubt(id, entry) {
    entry.failed = true;
    const choices = [["Send again", () => this.retry(id)], ["Discard", () => this.confirm(id)]];
    this.show(entry.item, "The connection was lost before this came back. It may or may not have been sent.", choices);
  }

  retry(id) {
    const entry = this.entries.get(id);
    entry.failed = entry.sent = false;
    this.show(entry.item, IN_TURN, []);
    this.flush();
  }

  edit(id) {
    const { text } = this.entries.get(id);
    this.confirm(id);
    this.onEdit(text);
  }

  // True if it is on its way.
  transmit(id) {
    const entry = this.entries.get(id);
    entry.sent = this.send(JSON.stringify({ message: entry.text, id }));
    if (entry.sent) this.show(entry.item, "Sending…", []);
    return entry.sent;
  }

  show(item, words, choices) {
    showFate(item, words, choices, () => this.onChosen());
  }
}
