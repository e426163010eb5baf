// What was written and hasn't come back from the room yet. Each message is shown until it does, and none is dropped:
// without a connection it waits, and one that was refused or may be lost stays, to be sent again or edited.
import { renderMessage } from "./message.js";

export class Outbox {
  constructor(list, send) {
    this.list = list;
    this.send = send;
    this.entries = new Map(); // by the id that goes with the message
    this.onEdit = () => {};
    this.onChosen = () => {}; // a button was pressed, and is gone
    addEventListener("beforeunload", (event) => this.entries.size && event.preventDefault());
  }

  add(text) {
    const id = newId();
    const item = renderMessage(text, block("p", "fate"), block("div", "choices"));
    this.entries.set(id, { text, item, sent: false, failed: false });
    this.list.append(item);
    this.transmit(id);
  }

  // Sends what has waited for a connection, in the order it was written.
  flush() {
    for (const [id, entry] of this.entries) if (!entry.sent && !entry.failed) this.transmit(id);
  }

  // The room has the message: true if it was one of ours.
  confirm(id) {
    this.entries.get(id)?.item.remove();
    return this.entries.delete(id);
  }

  // The message was refused: false if it is none of ours.
  fail(id, detail) {
    const entry = this.entries.get(id);
    if (!entry) return false;
    entry.failed = true;
    this.show(entry.item, detail, [["Edit", () => this.edit(id)], ["Discard", () => this.confirm(id)]]);
    return true;
  }

  // The connection went: what it was given and didn't bring back may have arrived, or not.
  doubt() {
    for (const [id, entry] of this.entries) {
      if (!entry.sent || entry.failed) continue;
      entry.failed = true;
      const choices = [["Send again", () => this.again(id)], ["Discard", () => this.confirm(id)]];
      this.show(entry.item, "The connection was lost before this came back. It may or may not have been sent.", choices);
    }
  }

  again(id) {
    const { text } = this.entries.get(id);
    this.confirm(id);
    this.add(text);
  }

  edit(id) {
    const { text } = this.entries.get(id);
    this.confirm(id);
    this.onEdit(text);
  }

  transmit(id) {
    const entry = this.entries.get(id);
    entry.sent = this.send(JSON.stringify({ message: entry.text, id }));
    this.show(entry.item, entry.sent ? "Sending…" : "Waiting for the connection…", []);
  }

  // The message's fate in words; one that leaves a choice is told to a screen reader at once.
  show(item, words, choices) {
    const fate = item.querySelector(".fate");
    item.classList.toggle("failed", choices.length > 0);
    fate.role = choices.length ? "alert" : null;
    fate.textContent = words;
    item.querySelector(".choices").replaceChildren(...choices.map(([label, action]) => this.button(label, action)));
  }

  button(label, action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.onclick = () => {
      action();
      this.onChosen();
    };
    return button;
  }
}

function block(tag, className) {
  return Object.assign(document.createElement(tag), { className });
}

// crypto.randomUUID is missing where a page comes over plain HTTP from another machine, as it does in a class.
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
