// Freeze, step and thaw for each of some groups, with what is held.
import { button, element, sync, typed, write } from "./dom.js";
import { count } from "./words.js";

export class Freezer {
  // `send` gives a command to the server.
  constructor(root, send) {
    this.send = send;
    this.list = element("ul", { className: "freezer", ariaLabel: "Freeze and step" });
    root.append(this.list);
  }

  render(groups) {
    this.groups = groups;
    sync(this.list, groups, (group) => group.group, (group) => this.make(group), (item, group) => this.update(item, group));
    this.list.hidden = groups.length === 0;
  }

  make({ group }) {
    const act = (verb) => () => this.send({ do: verb, group });
    const buttons = {
      freeze: button("❄ Freeze", act("freeze"), { title: "Hold this group's events back" }),
      step: button("Step", act("step"), { title: "Let one event go to one member" }),
      thaw: button("Thaw", act("thaw"), { title: "Let all held events go, in order" }),
    };
    for (const [verb, made] of Object.entries(buttons)) made.setAttribute("aria-label", `${verb[0].toUpperCase()}${verb.slice(1)} ${group}`);
    const item = element("li", {}, typed(group, "group"), buttons.freeze, buttons.step, buttons.thaw, element("span", { className: "held", role: "status" }));
    return Object.assign(item, { buttons });
  }

  update(item, { frozen, held }) {
    const { freeze, step, thaw } = item.buttons;
    const focused = document.activeElement; // asked before it is hidden, when it no longer has the focus
    freeze.hidden = frozen;
    step.hidden = thaw.hidden = !frozen;
    if (focused.hidden && item.contains(focused)) (frozen ? step : freeze).focus();
    item.classList.toggle("frozen", frozen);
    write(item.querySelector(".held"), frozen ? `Frozen: ${count(held, "event")} held.` : "");
  }

  // By a key: the first of the groups that it makes sense for.
  act(verb) {
    const group = this.groups?.find(({ frozen }) => frozen === (verb !== "freeze"));
    if (group) this.send({ do: verb, group: group.group });
  }
}
