// Each group with its members and how full their queues are; freeze, step and thaw stand by the chart, which shows it.
import { element, sync, typed, write } from "./dom.js";
import { Freezer } from "./freezer.js";
import { disc, filled } from "./heads.js";
import { count } from "./words.js";

const MOST = 40; // members that are listed for a group
const NONE = "There are no groups: no consumer has joined one.";

export class Groups {
  constructor(root, byChart, send) {
    this.freezer = new Freezer(byChart, send);
    this.list = element("ul", { className: "groups" });
    this.none = element("p", { className: "none", textContent: NONE });
    root.append(this.list, this.none);
  }

  act(verb) {
    this.freezer.act(verb);
  }

  // `place` is what the chart is of.
  render(tape, room, place) {
    const groups = tape.state.groups.filter((group) => !room || tape.placeOfGroup(group) === room);
    const channels = new Map(tape.state.channels.map((channel) => [channel.channel, channel]));
    this.freezer.render(tape.state.groups.filter((group) => group.frozen || tape.placeOfGroup(group) === place));
    sync(this.list, groups, (group) => group.group, make, (item, group) => update(item, group, channels, tape.people));
    this.none.hidden = groups.length > 0;
  }
}

function make({ group }) {
  const members = element("ol", { className: "members", ariaLabel: `Members of ${group}` });
  return element("li", {}, element("p", { className: "group-name" }, typed(group), " ", element("span", { className: "many" })), members);
}

function update(item, { members, frozen, held }, channels, people) {
  const more = members.length > MOST ? `, the first ${MOST} of them` : "";
  write(item.querySelector(".many"), `${count(members.length, "member")}${more}${frozen ? `, frozen: ${held} held` : ""}`);
  item.classList.toggle("frozen", frozen);
  sync(item.querySelector(".members"), members.slice(0, MOST), (member) => member.channel, (member) => makeMember(member, people),
    (made, member) => updateMember(made, channels.get(member.channel)));
}

function makeMember({ channel, connection }, people) {
  const person = people.find(connection, channel);
  const whose = person?.number ? `${person.consumer || "consumer"} ${person.number}` : "no browser's";
  return element("li", {}, disc(person?.number ?? 0), element("span", { className: "whose", textContent: whose }),
    element("code", { className: "channel", textContent: channel, title: channel }),
    element("span", { className: "meter" }, element("span", { className: "fill" }), element("span", { className: "level" })));
}

function updateMember(item, queue) {
  const { waiting = 0, capacity } = queue ?? {};
  const level = capacity ? `${waiting} of ${capacity.toLocaleString("en")}` : waiting || "";
  write(item.querySelector(".level"), level);
  item.querySelector(".meter").title = `${level} events wait in its queue`;
  item.querySelector(".fill").style.width = `${filled(waiting, capacity)}%`;
}
