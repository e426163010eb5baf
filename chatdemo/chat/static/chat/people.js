// Who is here: people and not tabs, told by the server.
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

  // What is worth a line in the conversation.
  lines({ came, left, renamed }) {
    const names = new Map(renamed);
    const others = came.map((name) => names.get(name) ?? name).filter((name) => name !== this.you);
    return [
      ...(others.length ? [`${list(others)} came in.`] : []),
      ...(left.length ? [`${list(left)} left.`] : []),
      ...renamed.filter(([before]) => !came.includes(before)).map(([before, now]) => `${before} is now ${now}.`),
    ];
  }

  show() {
    this.count.textContent = this.here.length || "–";
    this.list.replaceChildren(...this.here.map((name) => this.item(name)));
  }

  item(name) {
    const item = document.createElement("li");
    const words = Object.assign(document.createElement("bdi"), { textContent: name });
    item.append(words, ...(name === this.you ? [" (you)"] : []));
    return item;
  }
}

function list(names) {
  if (names.length > MANY) return `${names.slice(0, MANY - 1).join(", ")} and ${names.length - MANY + 1} more`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
}
