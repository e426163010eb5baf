// How times, sizes and events are put into words.
const GIST = 80; // characters of a message in a list

// Milliseconds, to the digit that matters.
export function gap(seconds) {
  const ms = Math.max(0, seconds * 1000);
  if (ms >= 10_000) return `+${(ms / 1000).toFixed(1)} s`;
  return `+${ms.toFixed(ms < 1 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

export function clock(at) {
  const date = new Date(at * 1000);
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

export function age(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

export function size(octets) {
  return octets < 10_000 ? count(octets, "byte") : `${Math.round(octets / 1000).toLocaleString("en")} kB`;
}

// "consumers.py:31"
export function source(event) {
  return event.source ? `${event.source.file.split(/[\\/]/).at(-1)}:${event.source.line}` : "";
}

// What a person said, if the payload tells it; else the payload as it is.
export function gist({ payload, type, what }) {
  const text = payload ?? type ?? what;
  return cut(said(text) ?? text, GIST);
}

function said(payload) {
  try {
    const { message } = JSON.parse(payload);
    return typeof message === "string" ? message : null;
  } catch {
    return begun(payload);
  }
}

// Of a long frame, which the server elides (elide.py), what there is of its text: a JSON string up to a whole character.
const BEGUN = /^\s*\{\s*"message"\s*:\s*("(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*).*… \([\d,]+ characters\)$/s;

function begun(payload) {
  const found = BEGUN.exec(payload);
  return found && JSON.parse(`${found[1]}"`);
}

export function cut(text, most) {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}

// Browsers 1, 2 and 5
export function enumerate(numbers) {
  if (numbers.length < 2) return numbers.join("");
  return `${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}

const SAYS = {
  http: (event) => [event.method, event.path, event.code, event.ms === undefined ? null : `${event.ms} ms`],
  close: (event) => [`code ${event.code ?? "none"}`],
  disconnect: (event) => [`code ${event.code ?? "none"}`],
  connect: (event) => [event.path],
  group_add: (event) => [event.group, event.channel],
  group_discard: (event) => [event.group, event.channel],
  group_send: (event) => [event.group, members(event), event.payload],
  freeze: (event) => [event.group],
  thaw: (event) => [event.group],
};

function members(event) {
  return event.members === undefined ? null : count(event.members, "member");
}

// An event in one line, without its kind.
export function line(event) {
  const parts = SAYS[event.what]?.(event) ?? [event.type, event.channel, event.payload];
  return [...parts, event.detail].filter((part) => part !== null && part !== undefined && part !== "").join(" · ");
}
