// Who is here: people and not tabs, told by the server.
import { apart, listed } from "./words.js";

const MANY = 5; // names in one line of the conversation

export class People {
  constructor(place) {
    this.count = place.querySelector(".count");
    this.list = place.querySelector(".here");
    this.place = place;
    this.here = [];
    this.you = null;
    addEventListener("click", ({ target }) => place.contains(target) || (place.open = false));
    place.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      place.open = false;
      place.querySelector("summary").focus();
    });
  }

  welcome({ here, you }) {
    this.here = here;
    this.you = you;
    this.show();
  }

  change({ came, left, renamed }) {
    const names = new Map(renamed);
    const all = new Set([...this.here.filter((name) => !left.includes(name)), ...came]);
    this.here = [...all].map((name) => names.get(name) ?? name);
    this.you = names.get(this.you) ?? this.you;
    this.show();
  }

  // What is worth a line in the conversation: each as nodes.
  lines({ came, left, renamed }) {
    const names = new Map(renamed);
    const others = came.map((name) => names.get(name) ?? name).filter((name) => name !== this.you);
    return [
      ...(others.length ? [[...listed(others, MANY), " came in."]] : []),
      ...(left.length ? [[...listed(left, MANY), " left."]] : []),
      ...renamed.filter(([before]) => !came.includes(before)).map(([before, now]) => [apart(before), " is now ", apart(now), ...(now.endsWith(".") ? [] : ["."])]),
    ];
  }

  show() {
    this.count.textContent = this.here.length || "–";
    this.list.replaceChildren(...this.here.map((name) => this.item(name)));
  }

  item(name) {
    const item = document.createElement("li");
    item.append(apart(name), ...(name === this.you ? [" (you)"] : []));
    return item;
  }
}
