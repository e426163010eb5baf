// Times, sizes, counts and events as text.
import { formatNumber } from "./common/dom.js";

const MAX_TITLE_CHARACTERS = 80;

// The time between two events, "+1.25 ms", with as many digits as matter.
export function formatDelay(seconds) {
  const ms = Math.max(0, seconds * 1000);
  if (ms >= 10_000) return `+${(ms / 1000).toFixed(1)} s`;
  return `+${ms.toFixed(ms < 1 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

// "14:03:59.250", of seconds since the epoch.
export function formatTime(seconds) {
  const date = new Date(seconds * 1000);
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

// "14:03", of seconds since the epoch.
export function formatMinute(seconds) {
  return formatTime(seconds).slice(0, 5);
}

export function formatAge(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function formatCount(number, singular, plural = `${singular}s`) {
  return `${formatNumber(number)} ${number === 1 ? singular : plural}`;
}

export function formatSize(bytes) {
  return bytes < 10_000 ? formatCount(bytes, "byte") : `${formatNumber(Math.round(bytes / 1000))} kB`;
}

// "consumers.py:31"
export function formatSource({ source }) {
  return source ? `${source.file.split(/[\\/]/).at(-1)}:${source.line}` : "";
}

// "1, 2 and 5"
export function joinWithAnd(parts) {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export function truncate(text, maxCharacters) {
  const characters = Array.from(text);
  return characters.length > maxCharacters ? `${characters.slice(0, maxCharacters - 1).join("")}…` : text;
}

// The title of a journey: the message's text if the payload has one; else the payload, the event's type or its kind.
export function journeyTitle({ payload, type, what }) {
  const text = payload ?? type ?? what;
  return truncate(messageText(text) ?? text, MAX_TITLE_CHARACTERS);
}

function messageText(payload) {
  try {
    const { message } = JSON.parse(payload);
    return typeof message === "string" ? message : null;
  } catch {
    return shortenedMessageText(payload) ?? eventMessageText(payload);
  }
}

// A long payload that the server has shortened. The group is the message as a JSON string, up to a whole character.
const SHORTENED = /^\s*\{\s*"message"\s*:\s*("(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*).*… \([\d,]+ characters\)$/s;

function shortenedMessageText(payload) {
  const found = SHORTENED.exec(payload);
  return found && JSON.parse(`${found[1]}"`);
}

// The event of a message that was said on another server has the frame in it. The group is the frame up to its text.
const EVENT = /^\{"type": "chat\.message", "frame": "(\{"message": "(?:[^"\\]|\\.)*")/s;

function eventMessageText(payload) {
  const found = EVENT.exec(payload);
  return found && messageText(`${found[1]}}`);
}

// "1001: going away", of an event or a connection with a close code; null without one.
export function formatCode({ code, meaning }) {
  if (code === null || code === undefined) return null;
  return meaning ? `${code}: ${meaning}` : code;
}

const PARTS = {
  http: (event) => [event.method, event.path, event.code, event.ms === undefined ? null : `${event.ms} ms`],
  close: (event) => [`code ${formatCode(event) ?? "none"}`],
  disconnect: (event) => [`code ${formatCode(event) ?? "none"}`],
  connect: (event) => [event.path],
  group_add: (event) => [event.group, event.channel],
  group_discard: (event) => [event.group, event.channel],
  group_send: (event) => [event.group, event.members === undefined ? null : formatCount(event.members, "member"), event.payload],
  layer_send: (event) => [event.to, event.type, event.payload],
  start: (event) => [event.type],
  freeze: (event) => [event.group],
  thaw: (event) => [event.group],
};

// An event in one line, without its kind.
export function formatEvent(event) {
  const parts = PARTS[event.what]?.(event) ?? [event.type, event.channel, event.payload];
  return [...parts, event.detail].filter((part) => part !== null && part !== undefined && part !== "").join(" · ");
}
