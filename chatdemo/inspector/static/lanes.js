// The chart's lanes for a journey, from left to right: browsers, their consumers, the rest, the groups.
import { LAYER, browser, consumer, group } from "./hops.js";
import { byNumber } from "./people.js";
import { count } from "./words.js";

const GROUPS = 3;
export const REST = "rest";

// At most `most` participants have lanes of their own. Gives {lanes, shown, rest}; a lane is {key, kind, title, note, number, person}. `hops` may be empty.
export function lanesOf(tape, place, at, hops, most) {
  const everyone = participants(tape, place, at, hops);
  const shown = choose(everyone, hops[0]?.event.connection, most);
  const rest = everyone.filter((person) => !shown.includes(person));
  const lanes = [
    ...shown.map((person) => lane(browser({ connection: person.id }), "browser", `Browser ${person.number}`, "", person)),
    ...shown.map((person) => lane(consumer({ connection: person.id }), "consumer", person.consumer || "Consumer", person.instance, person)),
    ...workers(hops),
    ...(rest.length ? [lane(REST, "rest", `and ${rest.length} more`, "browsers and consumers")] : []),
    ...groups(tape, place, hops),
  ];
  return { lanes, shown, rest };
}

function lane(key, kind, title, note, person = null) {
  return { key, kind, title, note, person, number: person?.number ?? 0 };
}

// Who was there, and whoever took part.
function participants(tape, place, at, hops) {
  const people = new Set(tape.people.at(place, at));
  for (const { event } of hops) {
    const person = tape.people.find(event.connection);
    if (person) people.add(person);
  }
  return [...people].sort(byNumber);
}

// The first ones; the one that the message is from is always among them.
function choose(everyone, sender, most) {
  const first = everyone.slice(0, most);
  const from = everyone.find((person) => person.id === sender);
  if (!from || first.includes(from)) return first;
  return [...first.slice(0, most - 1), from];
}

function workers(hops) {
  const found = new Map();
  for (const { event, from, to } of hops) {
    for (const key of [from, to]) {
      if (key.startsWith("worker ")) found.set(key, lane(key, "consumer", event.consumer ?? "outside a consumer", event.channel ?? ""));
    }
  }
  return [...found.values()];
}

// Those that took part first; then the room's others, so that the lanes are there before a message is.
function groups(tape, place, hops) {
  const keys = new Set(hops.flatMap(({ from, to }) => [from, to]));
  const names = new Set([...keys].filter((key) => key.startsWith("group ")).map((key) => key.slice("group ".length)));
  for (const { group: name } of tape.groupsOf(place)) if (names.size < GROUPS) names.add(name);
  const lanes = [...names].map((name) => groupLane(tape, name, hops));
  return keys.has(LAYER) ? [...lanes, lane(LAYER, "group", "one channel", "no group")] : lanes;
}

function groupLane(tape, name, hops) {
  const now = tape.state.groups.find((known) => known.group === name);
  const then = hops.find(({ event }) => event.what === "group_send" && event.group === name)?.event.members;
  const members = then ?? now?.members.length;
  return { ...lane(group(name), "group", name, members === undefined ? "" : count(members, "member")), frozen: Boolean(now?.frozen) };
}
