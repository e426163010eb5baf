// The people in the room: who is here, who is writing, and the visitor's own name. One person can have several tabs.
import { element, isolated } from "../common/dom.js";
import { read, write } from "./storage.js";

const MAX_NAMES_IN_NOTICE = 5;
const MAX_NAMES_WRITING = 2; // must fit into one line on a phone
const TYPING_INTERVAL_MS = 3_000; // between two signals while somebody writes
const SOON_MS = 1_000; // a signal that is due within this time is scheduled
const TYPING_SHOWN_MS = 4_500; // longer than the interval
const NAME_KEY = "chatdemo name"; // stores the answer to "What's your name?"; empty for a guest

export class PeopleList {
  constructor(details) {
    this.details = details;
    this.count = details.querySelector(".count");
    this.list = details.querySelector(".here");
    this.names = [];
    this.ownName = null;
    addEventListener("click", ({ target }) => details.contains(target) || (details.open = false));
    details.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      details.open = false;
      details.querySelector("summary").focus();
    });
  }

  welcome({ here, you }) {
    this.names = here;
    this.ownName = you;
    this.render();
  }

  update({ came, left, renamed }) {
    const newNames = new Map(renamed);
    const all = new Set([...this.names.filter((name) => !left.includes(name)), ...came]);
    this.names = [...all].map((name) => newNames.get(name) ?? name);
    this.ownName = newNames.get(this.ownName) ?? this.ownName;
    this.render();
  }

  // Returns the notices about a change, each a list of nodes.
  notices({ came, left, renamed }) {
    const newNames = new Map(renamed);
    const others = came.map((name) => newNames.get(name) ?? name).filter((name) => name !== this.ownName);
    const renamedBefore = renamed.filter(([name]) => !came.includes(name));
    return [
      ...(others.length ? [[...nameList(others, MAX_NAMES_IN_NOTICE), " joined."]] : []),
      ...(left.length ? [[...nameList(left, MAX_NAMES_IN_NOTICE), " left."]] : []),
      ...renamedBefore.map(([name, newName]) => [isolated(name), " is now ", isolated(newName), newName.endsWith(".") ? "" : "."]),
    ];
  }

  render() {
    this.count.textContent = this.names.length || "–";
    this.list.replaceChildren(...this.names.map((name) => element("li", {}, isolated(name), name === this.ownName ? " (you)" : null)));
  }
}

// Shows who is writing, and tells the server every few seconds while this visitor writes.
export class TypingIndicator {
  constructor(line, input, send) {
    this.line = line;
    this.timers = new Map(); // by the name of each who is writing
    this.lastSignal = -Infinity;
    this.input = input;
    this.send = send;
    input.addEventListener("input", () => this.onInput());
  }

  onInput() {
    const delay = this.lastSignal + TYPING_INTERVAL_MS - performance.now();
    if (delay < SOON_MS) this.signalTimer ??= setTimeout(() => this.sendSignal(), delay);
  }

  sendSignal() {
    this.signalTimer = null;
    if (!this.input.value.trim()) return;
    this.lastSignal = performance.now();
    this.send({ typing: true });
  }

  // This visitor has sent a message. If they write another one, the next signal is due sooner.
  messageSent() {
    this.lastSignal = Math.min(this.lastSignal, performance.now() - TYPING_INTERVAL_MS + SOON_MS);
  }

  show(name) {
    clearTimeout(this.timers.get(name));
    this.timers.set(name, setTimeout(() => this.hide(name), TYPING_SHOWN_MS));
    this.render();
  }

  hide(name) {
    clearTimeout(this.timers.get(name));
    if (this.timers.delete(name)) this.render();
  }

  render() {
    const names = [...this.timers.keys()];
    const subject = names.length > MAX_NAMES_WRITING ? [`${names.length} people`] : nameList(names);
    this.line.replaceChildren(...(names.length ? [...subject, names.length > 1 ? " are writing…" : " is writing…"] : []));
  }
}

// The visitor can set a name in two forms: in the panel at any time, and above the composer until they answered once.
export function setUpNameForms(panelForm, askForm, focusComposer) {
  const saved = (name) => {
    write(NAME_KEY, name);
    show(name);
    panelForm.closest("details").open = false;
    focusComposer();
  };
  const show = (name) => {
    if (name) panelForm.elements.name.value = name;
    askForm.hidden = true;
  };
  for (const form of [panelForm, askForm]) {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const data = new FormData(form);
      if (await saveName(form, data)) saved(data.get("name"));
    };
  }
  askForm.querySelector("button[type=button]").onclick = () => saved("");
  addEventListener("storage", ({ key, newValue }) => key === NAME_KEY && show(newValue)); // answered in another tab
  askForm.elements.name.value = read(NAME_KEY) ?? ""; // the server may have forgotten it
  askForm.hidden = Boolean(panelForm.elements.name.value) || read(NAME_KEY) === "";
}

// Returns true if the server has stored the name; else the form shows why not.
async function saveName(form, data) {
  const note = form.querySelector(".note");
  const showError = (text) => {
    note.textContent = text;
    note.classList.toggle("error", Boolean(text));
  };
  try {
    const response = await fetch(form.action, { method: "POST", body: data });
    if (response.ok) showError("");
    else showError([400, 503].includes(response.status) ? await response.text() : "Your name couldn't be saved. Reload the page.");
    return response.ok;
  } catch {
    showError("There is no connection. Try again in a moment.");
    return false;
  }
}

// "Ada", "Ada and Ben", or with at most `max` parts "Ada, Ben and 3 more": as nodes.
export function nameList(names, max = Infinity) {
  const shown = names.length > max ? names.slice(0, max - 1) : names;
  const rest = names.length - shown.length;
  const parts = [...shown.map((name) => isolated(name)), ...(rest ? [`${rest} more`] : [])];
  return parts.flatMap((part, index) => [index === 0 ? "" : index === parts.length - 1 ? " and " : ", ", part]);
}
