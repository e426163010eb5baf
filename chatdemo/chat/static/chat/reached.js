// Whom one's own messages have reached, and telling the server how far this page is.
import { element } from "./message.js";

const GATHER = 400; // milliseconds in which one answer does for many messages

export class Reached {
  constructor(list, send) {
    this.list = list;
    this.send = send;
    this.last = 0;
  }

  // The page has everything up to this message.
  got(seq) {
    if (!seq) return;
    this.last = seq;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.send({ got: this.last });
    }, GATHER);
  }

  show(counts) {
    for (const [seq, count, of] of counts) {
      const button = of && this.button(seq);
      if (button) button.textContent = `reached ${count} of ${of}`;
    }
  }

  // Under one's own message; a press asks for the names.
  button(seq) {
    const item = this.list.querySelector(`.own[data-seq="${seq}"]`);
    if (!item) return null;
    const known = item.querySelector(".reached");
    if (known) return known;
    const button = Object.assign(element("button", "reached"), { type: "button", title: "Whom?" });
    button.onclick = () => (item.querySelector(".names") ? this.hide(item) : this.send({ who: seq }));
    item.append(button);
    return button;
  }

  tell({ seq, got, missing }) {
    const item = this.list.querySelector(`.own[data-seq="${seq}"]`);
    if (!item) return;
    this.hide(item);
    const words = [missing.length ? `Not yet: ${missing.join(", ")}.` : "All who were here.", got.length ? `Reached: ${got.join(", ")}.` : ""];
    item.append(Object.assign(element("p", "names"), { textContent: words.join(" ").trim() }));
  }

  hide(item) {
    item.querySelector(".names")?.remove();
  }
}
