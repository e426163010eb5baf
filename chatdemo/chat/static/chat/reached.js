// Whom one's own messages have reached, and telling the server how far this page is.
import { element } from "./message.js";
import { listed } from "./words.js";

const GATHER = 400; // milliseconds in which one answer does for many messages
const RECENT = 100; // messages whose counts are remembered

export class Reached {
  constructor(list, send) {
    this.list = list;
    this.send = send;
    this.last = 0;
    this.counts = new Map(); // by seq; those of a message may come before it does
  }

  // The page has everything up to this message.
  got(seq) {
    if (!seq) return;
    this.draw(seq);
    this.last = seq;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.send({ got: this.last });
    }, GATHER);
  }

  // The history is begun anew, and with it the numbers.
  forget() {
    clearTimeout(this.timer);
    this.timer = null;
    this.counts.clear();
  }

  show(counts) {
    for (const [seq, count, of] of counts) {
      this.counts.set(seq, [count, of]);
      this.draw(seq);
    }
    for (const seq of [...this.counts.keys()].slice(0, -RECENT)) this.counts.delete(seq);
  }

  draw(seq) {
    const [count, of] = this.counts.get(seq) ?? [];
    const item = of !== undefined && this.find(seq);
    if (!item) return;
    if (!of) return this.clear(item); // whoever it was for has left without it
    this.button(item, seq).textContent = `reached ${count} of ${of}`;
    if (item.querySelector(".names")) this.send({ who: seq }); // and the names that are shown are others now
  }

  find(seq) {
    return this.list.querySelector(`.own[data-seq="${seq}"]`);
  }

  // Under one's own message; a press asks for the names.
  button(item, seq) {
    const known = item.querySelector(".reached");
    if (known) return known;
    const button = Object.assign(element("button", "reached"), { type: "button", title: "Whom?", ariaExpanded: "false" });
    button.onclick = () => (item.querySelector(".names") ? this.hide(item) : this.send({ who: seq }));
    item.querySelector(".meta").append(button);
    return button;
  }

  tell({ seq, got, missing }) {
    const item = this.find(seq);
    if (!item?.querySelector(".reached")) return;
    this.hide(item);
    const names = element("div", "names");
    if (missing?.length) names.append(line("Not yet: ", missing));
    if (got?.length) names.append(line("Reached: ", got));
    if (!names.childElementCount) names.append("Whom it has reached is no longer known.");
    item.append(names);
    item.querySelector(".reached").ariaExpanded = "true";
  }

  clear(item) {
    for (const part of item.querySelectorAll(".reached, .names")) part.remove();
  }

  hide(item) {
    item.querySelector(".names")?.remove();
    item.querySelector(".reached").ariaExpanded = "false";
  }
}

function line(label, names) {
  const place = element("p", "");
  place.append(Object.assign(element("strong", ""), { textContent: label }), ...listed(names));
  return place;
}
