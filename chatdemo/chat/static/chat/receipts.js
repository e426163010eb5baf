// Receipts: tells the server which messages this page has, and shows under the visitor's own whom they reached.
import { button, element } from "../common/dom.js";
import { nameList } from "./people.js";

const GATHER_MS = 400; // one receipt acknowledges all messages of this time
const MAX_COUNTS = 100; // messages whose counts are stored

export class Receipts {
  constructor(list, send) {
    this.list = list;
    this.send = send;
    this.lastSeq = 0;
    this.counts = new Map(); // by seq; a count can arrive before its message
  }

  // The page has all messages up to this one.
  acknowledge(seq) {
    if (!seq) return;
    this.render(seq);
    this.lastSeq = seq;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.send({ got: this.lastSeq });
    }, GATHER_MS);
  }

  // The room has a new history, with new numbers.
  historyReplaced() {
    clearTimeout(this.timer);
    this.timer = null;
    this.counts.clear();
  }

  showCounts(counts) {
    for (const [seq, reached, total] of counts) {
      this.counts.set(seq, [reached, total]);
      this.render(seq);
    }
    for (const seq of [...this.counts.keys()].slice(0, -MAX_COUNTS)) this.counts.delete(seq);
  }

  render(seq) {
    const [reached, total] = this.counts.get(seq) ?? [];
    const item = total !== undefined && this.findOwn(seq);
    if (!item) return;
    if (!total) return this.remove(item); // everybody it was for has left
    this.countButton(item, seq).textContent = `reached ${reached} of ${total}`;
    if (item.querySelector(".names")) this.send({ who: seq }); // the names on the page are out of date
  }

  findOwn(seq) {
    return this.list.querySelector(`.own[data-seq="${seq}"]`);
  }

  // The button with the count. A click asks the server for the names.
  countButton(item, seq) {
    const existing = item.querySelector(".reached");
    if (existing) return existing;
    const toggle = () => (item.querySelector(".names") ? this.hideNames(item) : this.send({ who: seq }));
    const made = button("", toggle, { className: "reached", title: "Who got it?", ariaExpanded: "false" });
    item.querySelector(".meta").append(made);
    return made;
  }

  showNames({ seq, got, missing }) {
    const item = this.findOwn(seq);
    if (!item?.querySelector(".reached")) return;
    this.hideNames(item);
    const names = element("div", { className: "names" });
    if (missing?.length) names.append(nameLine("Not yet: ", missing));
    if (got?.length) names.append(nameLine("Reached: ", got));
    if (!names.childElementCount) names.append("Delivery details are no longer stored.");
    item.append(names);
    item.querySelector(".reached").ariaExpanded = "true";
  }

  hideNames(item) {
    item.querySelector(".names")?.remove();
    item.querySelector(".reached").ariaExpanded = "false";
  }

  remove(item) {
    for (const part of item.querySelectorAll(".reached, .names")) part.remove();
  }
}

function nameLine(label, names) {
  return element("p", {}, element("strong", { textContent: label }), ...nameList(names));
}
