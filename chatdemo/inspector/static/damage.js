// What is wrong with a file's events and state, in a sentence: what is drawn relies on the kind of each value.
const NUMBERS = ["connection", "journey", "size", "members", "waiting", "ms"];
const TEXTS = ["room", "consumer", "instance", "channel", "group", "type", "payload", "detail", "method", "path"];

export function damageIn({ events, state }) {
  let last = -Infinity;
  for (const event of events) {
    if (!isEvent(event)) return "some of its events have no number, time or kind.";
    if (event.n <= last) return `event ${event.n} is out of order.`;
    last = event.n;
    const wrong = wrongIn(event);
    if (wrong) return `event ${event.n} has a wrong ${wrong}.`;
  }
  const lists = Object.entries(STATE);
  const list = state ? lists.find(([name, isRight]) => !Array.isArray(state[name]) || !state[name].every(isRight)) : null;
  return list ? `its ${list[0]} can't be read.` : "";
}

function isEvent(event) {
  return Number.isInteger(event?.n) && Number.isFinite(event.at) && typeof event.what === "string";
}

// The name of a value that is of another kind than it should be.
function wrongIn(event) {
  const is = (kind) => (name) => event[name] !== undefined && event[name] !== null && typeof event[name] !== kind;
  const { source, traceback } = event;
  if (source && !isLine(source)) return "source";
  if (traceback && !(Array.isArray(traceback) && traceback.every(isLine))) return "traceback";
  return NUMBERS.find(is("number")) ?? TEXTS.find(is("string"));
}

function isLine(value) {
  return typeof value?.file === "string" && Number.isInteger(value.line);
}

// What each item of a list in the state must have.
const STATE = {
  connections: (item) => Number.isInteger(item?.id),
  groups: (item) => typeof item?.group === "string" && Array.isArray(item.members) && item.members.every((member) => typeof member?.channel === "string"),
  channels: (item) => typeof item?.channel === "string" && Number.isInteger(item.waiting) && Number.isInteger(item.capacity ?? 0),
};
