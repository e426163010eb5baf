// The groups, their members and how full the members' queues are; the channels that are no consumer's own; and the buttons
// to freeze, step and thaw a group.
import { button, element, formatNumber, isolated, setText } from "./common/dom.js";
import { formatAge, formatCount } from "./format.js";
import { numberDisc, queuePercent } from "./chart-lanes.js";
import { syncList } from "./list-elements.js";

const MAX_MEMBERS = 40; // listed for each group
const MAX_READ_SECONDS = 5; // events that wait longer are marked

export class GroupList {
  constructor(root) {
    this.list = element("ul", { className: "groups" });
    this.empty = element("p", { className: "none", textContent: "There are no groups: no consumer has joined one." });
    root.append(this.list, this.empty);
  }

  render(recording, room) {
    const groups = recording.state.groups.filter((group) => !room || recording.placeOfGroup(group) === room);
    const channels = new Map(recording.state.channels.map((channel) => [channel.channel, channel]));
    syncList(this.list, groups, ({ group }) => group, makeGroup, (item, group) => updateGroup(item, group, channels, recording.participants));
    this.empty.hidden = groups.length > 0;
  }
}

function makeGroup({ group }) {
  const members = element("ol", { className: "members", ariaLabel: `Members of ${group}` });
  return element("li", {}, element("p", { className: "group-name" }, isolated(group), " ", element("span", { className: "many" })), members,
    element("p", { className: "none expiry" }));
}

function updateGroup(item, { members, shared, expiry, frozen, held }, channels, participants) {
  const shownPart = members.length > MAX_MEMBERS ? `, the first ${MAX_MEMBERS} of them` : "";
  const here = shared ? " in this process; there may be more in others" : "";
  setText(item.querySelector(".many"), `${formatCount(members.length, "member")}${here}${shownPart}${frozen ? `, frozen: ${held} held` : ""}`);
  setText(item.querySelector(".expiry"), describeGone(members.filter((member) => member.gone), expiry));
  item.classList.toggle("frozen", frozen);
  syncList(item.querySelector(".members"), members.slice(0, MAX_MEMBERS), ({ channel }) => channel,
    (member) => makeMember(member, participants), (row, member) => updateMember(row, member, channels.get(member.channel)));
}

function describeGone(gone, expiry) {
  if (gone.length === 0) return "";
  const { joined } = gone.find((member) => member.joined) ?? {};
  const where = joined ? `, after group_add at ${joined}` : "";
  return `${formatCount(gone.length, "consumer has", "consumers have")} ended without group_discard${where}. ${expiry ?? ""}`;
}

function makeMember({ channel, connection }, participants) {
  const participant = participants.find(connection, channel);
  const owner = participant?.number ? `${participant.consumer || "consumer"} ${participant.number}` : "no browser";
  return element("li", {}, numberDisc(participant?.number ?? 0), element("span", { className: "whose", textContent: owner }),
    element("code", { className: "channel", textContent: channel, title: channel }),
    element("span", { className: "meter" }, element("span", { className: "fill" }), element("span", { className: "level" })));
}

function updateMember(row, { gone }, queue) {
  row.classList.toggle("gone", Boolean(gone));
  if (gone) setText(row.querySelector(".whose"), "its consumer is gone");
  const { waiting = 0, capacity } = queue ?? {};
  const level = capacity ? `${waiting} of ${formatNumber(capacity)}` : waiting || "";
  setText(row.querySelector(".level"), level);
  row.querySelector(".meter").title = `${level} events wait in its queue`;
  row.querySelector(".fill").style.width = `${queuePercent(waiting, capacity)}%`;
}

// Channels that workers read, with their events and whether anybody has read one.
export class ChannelList {
  constructor(root) {
    this.title = element("h3", { textContent: "Channels of workers" });
    this.list = element("ul", { className: "groups" });
    root.append(this.title, this.list);
  }

  render({ state }) {
    const channels = state.channels.filter(({ read }) => read !== undefined);
    this.title.hidden = channels.length === 0;
    syncList(this.list, channels, ({ channel }) => channel, makeChannel, updateChannel);
  }
}

function makeChannel({ channel }) {
  return element("li", {}, element("p", { className: "group-name" }, isolated(channel), " ", element("span", { className: "many" })));
}

function updateChannel(item, { waiting, capacity, read }) {
  const age = read === null ? Infinity : Date.now() / 1000 - read;
  const count = capacity ? `${waiting} of ${formatNumber(capacity)} events wait` : `${formatCount(waiting, "event waits", "events wait")}`;
  const reader = read === null ? "no worker has read any" : `the last one was read ${formatAge(age)} ago`;
  setText(item.querySelector(".many"), waiting ? `${count}: ${reader}` : "no event waits");
  item.classList.toggle("unread", waiting > 0 && age > MAX_READ_SECONDS);
}

// The buttons above the chart: freeze, step and thaw for each group.
export class FreezeControls {
  // `send(command)` sends a command to the server.
  constructor(root, send) {
    this.send = send;
    this.groups = [];
    this.list = element("ul", { className: "freezer", ariaLabel: "Freeze and step" });
    root.append(this.list);
  }

  render(groups) {
    this.groups = groups;
    syncList(this.list, groups, ({ group }) => group, (group) => this.makeItem(group), updateControls);
    this.list.hidden = groups.length === 0;
  }

  makeItem({ group }) {
    const command = (verb, label, title) => {
      const made = button(label, () => this.send({ do: verb, group }), { title });
      made.setAttribute("aria-label", `${verb[0].toUpperCase()}${verb.slice(1)} ${group}`);
      return made;
    };
    const freeze = command("freeze", "❄ Freeze", "Hold this group's events");
    const step = command("step", "Step", "Deliver one event to one member");
    const thaw = command("thaw", "Thaw", "Deliver all held events, in order");
    const item = element("li", {}, isolated(group, "group"), freeze, step, thaw, element("span", { className: "held", role: "status" }));
    return Object.assign(item, { freeze, step, thaw });
  }

  // For a key: sends the command for the first group for which it makes sense.
  runCommand(verb) {
    const group = this.groups.find(({ frozen, unfreezable }) => !unfreezable && frozen === (verb !== "freeze"));
    if (group) this.send({ do: verb, group: group.group });
  }
}

function updateControls(item, { frozen, held, unfreezable }) {
  const { freeze, step, thaw } = item;
  const focused = document.activeElement; // read before the button is hidden and loses the focus
  freeze.hidden = frozen || Boolean(unfreezable);
  step.hidden = thaw.hidden = !frozen;
  if (focused.hidden && item.contains(focused)) (frozen ? step : freeze).focus();
  item.classList.toggle("frozen", frozen);
  item.classList.toggle("unfreezable", Boolean(unfreezable));
  setText(item.querySelector(".held"), frozen ? `Frozen: ${formatCount(held, "event")} held.` : unfreezable ? `It can't be frozen: ${unfreezable}` : "");
}
