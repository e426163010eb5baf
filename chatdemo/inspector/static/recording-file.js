// Saves a recording as a file, and loads it again.
import { Recording } from "./recording.js";

const KIND = "inspector";
const VERSION = 1;
const NUMBERS = ["connection", "journey", "size", "members", "waiting", "ms"];
const TEXTS = ["room", "consumer", "instance", "channel", "group", "type", "payload", "detail", "meaning", "method", "path"];

export function saveRecording(recording) {
  const content = { chatdemo: KIND, version: VERSION, events: recording.allEvents(), state: recording.state, problems: [...recording.problems.values()] };
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }));
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "").replace("T", "-");
  Object.assign(document.createElement("a"), { href: address, download: `chatdemo-${time}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// Returns the Recording in a file's text. Throws an Error with a sentence for the visitor.
export function loadRecording(text) {
  const content = parseJson(text);
  if (content?.chatdemo !== KIND || !Array.isArray(content.events)) throw new Error("This isn't a file of the inspector. Choose a file that you saved with Export.");
  if (content.version !== VERSION) throw new Error("This file is from another version of chatdemo. Open it with that version.");
  const damage = findDamage(content);
  if (damage) throw new Error(`This file is damaged: ${damage}`);
  const { events, state, problems } = content;
  const recording = new Recording(Math.max(5_000, events.length));
  recording.add(events);
  if (state) recording.setState(state);
  recording.addProblems(problems ?? []);
  return recording;
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("This file isn't JSON. Choose a file that you saved with Export.");
  }
}

// What is wrong with a file's events and state, as the end of a sentence; "" if nothing is. The page relies on the type
// of each value.
function findDamage({ events, state, problems }) {
  let lastNumber = -Infinity;
  for (const event of events) {
    if (!isEvent(event)) return "some events have no number, time or kind.";
    if (event.n <= lastNumber) return `event ${event.n} is out of order.`;
    lastNumber = event.n;
    const wrong = findWrongValue(event);
    if (wrong) return `event ${event.n} has a wrong ${wrong}.`;
  }
  const lists = { notes: [], ...state }; // an older file has no notes
  const list = state ? Object.keys(IS_STATE_ITEM).find((name) => !Array.isArray(lists[name]) || !lists[name].every(IS_STATE_ITEM[name])) : null;
  if (problems && !(Array.isArray(problems) && problems.every(isProblem))) return "its problems can't be read.";
  return list ? `its ${list} can't be read.` : "";
}

function isEvent(event) {
  return Number.isInteger(event?.n) && Number.isFinite(event.at) && typeof event.what === "string";
}

// Returns the name of a value that has the wrong type.
function findWrongValue(event) {
  const isNot = (type) => (name) => event[name] !== undefined && event[name] !== null && typeof event[name] !== type;
  const { source, traceback } = event;
  if (source && !isSourceLine(source)) return "source";
  if (traceback && !(Array.isArray(traceback) && traceback.every(isSourceLine))) return "traceback";
  return NUMBERS.find(isNot("number")) ?? TEXTS.find(isNot("string"));
}

function isProblem(value) {
  const { number, text, last, source, traceback } = value ?? {};
  const lines = [...(Array.isArray(traceback) ? traceback : []), ...(source ? [source] : [])];
  return Number.isInteger(number) && typeof text === "string" && Number.isFinite(last) && lines.every(isSourceLine);
}

function isSourceLine(value) {
  return typeof value?.file === "string" && Number.isInteger(value.line);
}

// A test for the items of each list in the state.
const IS_STATE_ITEM = {
  connections: (item) => Number.isInteger(item?.id),
  groups: (item) => typeof item?.group === "string" && Array.isArray(item.members) && item.members.every((member) => typeof member?.channel === "string"),
  channels: (item) => typeof item?.channel === "string" && Number.isInteger(item.waiting) && Number.isInteger(item.capacity ?? 0),
  notes: (item) => Array.isArray(item) && item.every((text) => typeof text === "string"),
};
