// What came of a message, in a sentence of facts: the answer to "who got it, and by which way?"
import { count, enumerate } from "./words.js";

export function summary(journey, hops, everyone) {
  const numbers = new Map(everyone.map((person) => [person.id, person.number]));
  const got = reached(hops).map((id) => numbers.get(id)).filter(Boolean).sort((one, other) => one - other);
  const from = numbers.get(hops[0].event.connection);
  const groups = [...new Set(hops.filter(({ event }) => event.what === "group_send").map(({ event }) => event.group))];
  return { who: from ? `Browser ${from}` : "", reach: reach(got, from, everyone.length, groups, hops) };
}

// The connections whose browsers were sent something.
export function reached(hops) {
  return [...new Set(hops.filter(({ event }) => event.what === "send").map(({ event }) => event.connection))];
}

function reach(got, from, total, groups, hops) {
  if (hops.some(({ event }) => event.what === "error")) return "The consumer failed: see the error.";
  const lost = hops.filter(({ event }) => event.what === "full").length;
  const loss = lost ? ` ${count(lost, "event was", "events were")} lost, a channel being full.` : "";
  const way = groups.length ? `Through ${groups.length > 1 ? "the groups" : "the group"} ${enumerate(groups)} it` : "It";
  if (!got.length) return groups.length ? `${way} has reached no browser yet.${loss}` : "No browser has got an answer yet.";
  if (!groups.length && got.length === 1 && got[0] === from) return `Only browser ${from} got an answer: straight from its own consumer, through no group.`;
  return `${way} reached ${who(got, total)}.${loss}`;
}

function who(got, total) {
  const few = got.length <= 4 ? `: ${enumerate(got)}` : "";
  if (got.length === total && total > 1) return `${total === 2 ? "both browsers" : `all ${total} browsers`}${total > 2 ? "" : few}`;
  return `${got.length} of ${count(total, "browser")}${few}`;
}
