// The tape as a file, and back.
import { damageIn } from "./damage.js";
import { Tape } from "./tape.js";

const KIND = "inspector";
const VERSION = 1;

// Has the browser save what is on the page.
export function save(tape) {
  const content = { chatdemo: KIND, version: VERSION, events: tape.everything(), state: tape.state };
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: `chatdemo-${stamp()}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function stamp() {
  return new Date().toISOString().slice(0, 19).replaceAll(":", "").replace("T", "-");
}

// A tape of the file's text. Throws an Error with a sentence for people.
export function load(text) {
  const content = parse(text);
  if (content?.chatdemo !== KIND || !Array.isArray(content.events)) throw new Error("That file isn't one of the inspector's: choose one that Export has saved.");
  if (content.version !== VERSION) throw new Error("That file is of another version of chatdemo: open it there.");
  const damage = damageIn(content);
  if (damage) throw new Error(`That file is damaged: ${damage}`);
  const { events, state } = content;
  const tape = new Tape(Math.max(5_000, events.length));
  tape.add(events);
  if (state) tape.set(state);
  return tape;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("That file isn't JSON: choose one that Export has saved.");
  }
}
