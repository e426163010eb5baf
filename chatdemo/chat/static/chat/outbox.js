// Messages that were written and haven't come back from the room yet. Each is shown until then, and none is lost:
// without a connection it waits, it survives a reload of the page, and after each loss of the connection it is sent again
// with the same id. The server delivers it once.
import { button, element } from "../common/dom.js";
import { messageItem } from "./message-log.js";
import { keys, randomId, read, remove, write } from "./storage.js";

const TEMPORARY_ERRORS = ["not_kept"]; // the same message may be accepted at the next attempt
const OFFLINE = "Waiting for the connection…";
const QUEUED = "Waiting for its turn…";
const MAX_IN_FLIGHT = 5; // messages sent and not back yet; the next one is sent when one has come back
const THROTTLE_MS = 1_000; // nothing is sent for this time after the server reports too_fast

export class Outbox {
  // `isStored`: the server stores messages, so it recognises one that is sent twice.
  constructor(list, room, isStored, send) {
    this.list = list;
    this.prefix = `chatdemo outbox ${room} `;
    this.isStored = isStored;
    this.send = send;
    this.entries = new Map(); // by the message's id
    this.onEdit = () => {};
    this.onButtonRemoved = () => {}; // a button was clicked and is no longer there
    addEventListener("beforeunload", (event) => !isStored && this.entries.size && event.preventDefault());
  }

  // Adds the messages that this browser hadn't sent when the page was left.
  restore() {
    const stored = keys().filter((key) => this.isStored && key.startsWith(this.prefix)).map((key) => [key, JSON.parse(read(key))]);
    for (const [key, { text }] of stored.sort(([, one], [, other]) => one.at - other.at)) this.enqueue(key.slice(this.prefix.length), text);
  }

  add(text) {
    const id = `${Date.now().toString(36)}-${randomId()}`; // ids of the same time are close together in the database
    if (this.isStored) write(this.prefix + id, JSON.stringify({ text, at: Date.now() }));
    this.enqueue(id, text);
  }

  enqueue(id, text) {
    const item = messageItem(text, element("p", { className: "delivery" }), element("div", { className: "actions" }));
    this.entries.set(id, { text, item, isSent: false, isFailed: false });
    this.list.append(item);
    this.showDelivery(item, QUEUED);
    this.flush();
  }

  // Sends what waits, in order, a few at a time. Of a long queue only one: if the server refuses it as too fast, the
  // messages after it haven't overtaken it.
  flush() {
    const active = [...this.entries].filter(([, entry]) => !entry.isFailed);
    let free = (this.isSlow || active.length > MAX_IN_FLIGHT ? 1 : MAX_IN_FLIGHT) - active.filter(([, entry]) => entry.isSent).length;
    for (const [id, entry] of active) {
      if (this.throttleTimer || free < 1) return;
      if (entry.isSent) continue;
      if (!this.transmit(id)) return this.showOffline();
      free--;
    }
  }

  // Returns true if the message was sent.
  transmit(id) {
    const entry = this.entries.get(id);
    entry.isSent = this.send({ message: entry.text, id });
    if (entry.isSent) this.showDelivery(entry.item, "Sending…");
    return entry.isSent;
  }

  showOffline() {
    for (const { item, isSent, isFailed } of this.entries.values()) if (!isSent && !isFailed) this.showDelivery(item, OFFLINE);
  }

  throttle() {
    clearTimeout(this.throttleTimer);
    this.throttleTimer = setTimeout(() => {
      this.throttleTimer = null;
      this.flush();
    }, THROTTLE_MS);
  }

  // Removes the message with this id. Returns true if this browser sent it.
  remove(id) {
    if (!id) return false;
    remove(this.prefix + id);
    this.entries.get(id)?.item.remove();
    const wasHere = this.entries.delete(id);
    this.isSlow &&= this.entries.size > 0;
    this.flush();
    return wasHere || this.isStored; // only the sender gets the id: here, another tab of this browser sent it
  }

  // The server refused the message. Returns false if it isn't in this outbox.
  refused(id, code, detail) {
    const entry = this.entries.get(id);
    if (!entry) return false;
    if (code === "too_fast") {
      entry.isSent = false;
      this.isSlow = true; // one at a time until the outbox is empty
      this.showDelivery(entry.item, QUEUED); // it is sent again without a click
      this.throttle();
      return true;
    }
    const tryAgain = TEMPORARY_ERRORS.includes(code) ? [["Try again", () => this.retry(id)]] : [];
    this.showFailure(entry, detail, [...tryAgain, ["Edit", () => this.edit(id)], ["Discard", () => this.remove(id)]]);
    return true;
  }

  // The connection was lost. Messages that were sent and haven't come back may have arrived, or not.
  connectionLost() {
    for (const [id, entry] of this.entries) {
      if (!entry.isSent || entry.isFailed) continue;
      if (this.isStored) entry.isSent = false;
      else this.askWhetherToSendAgain(id, entry);
    }
    this.showOffline();
  }

  askWhetherToSendAgain(id, entry) {
    const actions = [["Send again", () => this.retry(id)], ["Discard", () => this.remove(id)]];
    this.showFailure(entry, "The connection was lost before this message came back. It may or may not have been sent.", actions);
  }

  retry(id) {
    const entry = this.entries.get(id);
    entry.isFailed = entry.isSent = false;
    this.showDelivery(entry.item, QUEUED);
    this.flush();
  }

  edit(id) {
    const { text } = this.entries.get(id);
    this.remove(id);
    this.onEdit(text);
  }

  showFailure(entry, text, actions) {
    entry.isFailed = true;
    this.showDelivery(entry.item, text, actions);
  }

  // Shows the state below the message, with buttons for `actions`: [label, action]. A screen reader reads a state that
  // has buttons at once.
  showDelivery(item, text, actions = []) {
    const delivery = item.querySelector(".delivery");
    item.classList.toggle("failed", actions.length > 0);
    delivery.role = actions.length ? "alert" : null;
    delivery.textContent = text;
    const buttons = actions.map(([label, action]) => button(label, () => (action(), this.onButtonRemoved())));
    item.querySelector(".actions").replaceChildren(...buttons);
  }
}
