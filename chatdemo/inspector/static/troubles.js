// The latest errors and refused connections, where nobody can miss them, until they are put away.
import { button, element, sync, typed } from "./dom.js";
import { traceback } from "./detail.js";
import { clock } from "./words.js";

const MOST = 3;

export class Troubles {
  constructor(list) {
    this.list = list;
    this.away = new Set();
  }

  render(tape, room) {
    const key = (event) => `${tape.epoch} ${event.n} ${event.at}`;
    const found = [];
    for (let index = tape.events.length - 1; index >= 0 && found.length < MOST; index -= 1) {
      const event = tape.events[index];
      const concerns = !room || !event.room || event.room === room;
      if (["error", "refuse"].includes(event.what) && concerns && !this.away.has(key(event))) found.push(event);
    }
    sync(this.list, found, key, (event) => this.make(event, key(event)), () => {});
    this.list.hidden = found.length === 0;
  }

  make(event, key) {
    const title = event.what === "error" ? `An error in ${event.consumer ?? "the application"}: ` : "";
    const away = button("Put away", () => {
      this.away.add(key);
      item.remove();
      this.list.made.delete(key);
    });
    const item = element("li", {}, element("p", {}, element("time", { textContent: clock(event.at) }), " ", element("strong", {}, title, typed(event.detail ?? event.what))), away);
    if (event.traceback?.length) item.append(traceback(event.traceback));
    return item;
  }
}
