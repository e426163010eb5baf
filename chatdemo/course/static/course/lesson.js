// The lesson's page: its tabs, the console on the channel layer, and the buttons that copy a file's code.
import { Presentation, isShortcut, onShortcut } from "../common/page.js";

// A tab of the lesson: its address, its buttons, and its browser console, which console.js reports.

const MAX_CONSOLE_LINES = 50; // a page that logs in a loop would fill the memory
const LOAD_TIMEOUT_MS = 2_000;
const SIGNS = { error: "✕", warn: "⚠" };

class LessonTab {
  constructor(element) {
    this.firstAddress = element.dataset.src;
    this.frame = element.querySelector("iframe");
    this.address = element.querySelector(".place");
    this.openLink = element.querySelector(".open");
    this.log = element.querySelector(".console [role=log]");
    this.lines = this.log.querySelector("ol");
    this.emptyNote = element.querySelector(".console .empty");
    this.frame.addEventListener("console", ({ detail }) => this.onConsole(detail));
    this.frame.addEventListener("load", () => this.onLoad());
    element.querySelector(".reload").onclick = () => this.reload();
    element.querySelector(".home").onclick = () => this.open(this.firstAddress);
  }

  // Resolves when the page is loaded, or after the timeout.
  loadFirstPage() {
    this.open(this.firstAddress);
    return new Promise((resolve) => {
      this.frame.addEventListener("load", resolve, { once: true });
      setTimeout(resolve, LOAD_TIMEOUT_MS);
    });
  }

  // Opens the page with console.js in it. It replaces the page before, so that Back leaves the lesson.
  open(address) {
    const url = new URL(address, location.href);
    url.searchParams.set("console", "");
    this.frame.contentWindow.location.replace(url);
  }

  reload() {
    this.clearConsole();
    this.frame.contentWindow.location.reload();
  }

  // A page without console.js, such as the finished chat's, hasn't cleared the console when it began.
  onLoad() {
    if (!this.hasBegun) this.clearConsole();
    this.hasBegun = false;
    this.showAddress();
  }

  showAddress() {
    const url = new URL(this.frame.contentWindow.location.href);
    if (!url.protocol.startsWith("http")) return; // about:blank, before the first page
    url.searchParams.delete("console");
    const path = url.pathname + url.search;
    this.address.textContent = decoded(path);
    this.openLink.href = path;
  }

  onConsole({ level, text }) {
    if (level === "begin") {
      this.hasBegun = true;
      return this.clearConsole();
    }
    this.emptyNote.hidden = true;
    const line = document.createElement("li");
    line.className = level;
    line.textContent = SIGNS[level] ? `${SIGNS[level]} ${text}` : text;
    this.lines.append(line);
    if (this.lines.childElementCount > MAX_CONSOLE_LINES) this.lines.firstElementChild.remove();
    this.log.scrollTop = this.log.scrollHeight;
  }

  clearConsole() {
    this.lines.replaceChildren();
    this.emptyNote.hidden = false;
  }
}

function decoded(address) {
  try {
    return decodeURI(address);
  } catch {
    return address; // its percent signs aren't valid encodings
  }
}

// The console on the channel layer: a form, buttons for a first experiment, and a log of the calls, written as Python, with
// their results.

class LayerConsole {
  constructor(element) {
    this.form = element.querySelector("form");
    this.log = element.querySelector(".calls");
    this.list = this.log.querySelector("ol");
    this.runButton = this.form.querySelector("[type=submit]");
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    this.form.elements.call.onchange = () => this.showFields();
    for (const button of element.querySelectorAll("[data-call]")) button.onclick = () => this.runExperiment(button.dataset);
    this.showFields();
  }

  // Shows only the fields that the selected call needs.
  showFields() {
    const needed = this.form.elements.call.selectedOptions[0].dataset.takes.split(" ");
    for (const name of ["group", "channel", "event"]) {
      this.form.elements[name].closest("label").hidden = !needed.includes(name);
    }
  }

  // Fills in the form with a button's call and submits it.
  runExperiment({ call, group, channel, event }) {
    const values = { call, group, channel, event };
    for (const [name, value] of Object.entries(values)) if (value) this.form.elements[name].value = value;
    this.showFields();
    this.form.requestSubmit(this.runButton);
  }

  async onSubmit(event) {
    event.preventDefault();
    const placeholder = logLine("waiting", "…");
    this.list.append(placeholder);
    this.scrollToEnd();
    const answer = await this.sendCall();
    // At the placeholder: a receive that waits is answered later than calls that were made after it.
    if (answer.python) placeholder.before(logLine("python", `>>> ${answer.python}`));
    for (const kind of ["result", "error", "note"]) if (answer[kind]) placeholder.before(logLine(kind, answer[kind]));
    placeholder.remove();
    this.scrollToEnd();
  }

  // Returns {python, result, error, note}, each a text if there is one.
  async sendCall() {
    try {
      const response = await fetch(this.form.action, { method: "POST", body: new FormData(this.form) });
      const isJson = response.headers.get("content-type")?.includes("json");
      return isJson ? await response.json() : { error: `The server refused the call with status ${response.status}. Reload the page.` };
    } catch {
      return { error: "The server didn't answer. Is it still running?" };
    }
  }

  scrollToEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

function logLine(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  return item;
}

// The buttons that copy a file's code.
const COPY_RESULT_MS = 2_000; // time for which a button shows whether it has copied

// The text to copy is in the element whose id is in data-copy, as json_script writes it.
function setUpCopyButton(button) {
  const label = button.querySelector("span");
  const usualText = label.textContent;
  const text = JSON.parse(document.getElementById(button.dataset.copy).textContent);
  button.onclick = async () => {
    label.textContent = (await copy(text)) ? "Copied" : "Couldn't copy";
    setTimeout(() => (label.textContent = usualText), COPY_RESULT_MS);
  };
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// Browsers have navigator.clipboard only over HTTPS and on this computer. A class comes over HTTP from other computers.
function copyBySelection(text) {
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  return isCopied;
}

// The code of the step beside its tabs: one file of those below "Write it", in which the line that a hop of the journey
// has run is lit.

class Listing {
  constructor(root, toggle) {
    this.root = root;
    this.toggle = toggle;
    this.select = root.querySelector("select");
    this.code = root.querySelector(".code");
    this.files = new Map(); // by path; those for Redis, which come later, are left out
    for (const file of document.querySelectorAll(".file[data-path]")) {
      const { path } = file.dataset;
      if (this.files.has(path)) continue;
      this.files.set(path, file);
      if (file.querySelector(".code")) this.select.append(new Option(path));
    }
    this.select.onchange = () => this.show(this.select.value);
    this.show(this.firstPath());
    toggle.onclick = () => this.setOpen(!this.isOpen);
    onShortcut("c", () => presentation.isOn || this.setOpen(!this.isOpen));
  }

  // The consumer if the step changes it; else the first file.
  firstPath() {
    const paths = Array.from(this.select.options, ({ value }) => value);
    const changed = paths.filter((path) => !this.files.get(path).classList.contains("unchanged"));
    return changed.find((path) => path.endsWith("consumers.py")) ?? changed[0] ?? paths[0];
  }

  get isOpen() {
    return this.toggle.ariaExpanded === "true";
  }

  setOpen(isOpen) {
    this.toggle.ariaExpanded = String(isOpen);
    this.root.closest(".bench").classList.toggle("with-code", isOpen);
    this.bringIntoSight(this.lit ?? this.firstChange); // while the code is hidden it can't be scrolled
    if (isOpen) this.root.scrollIntoView({ block: "nearest" }); // on a phone it is below the tabs
  }

  // Shows a file as it is at the end of the step, without the lines that it removes, from the first line that it adds.
  show(path) {
    if (!path || path === this.path) return;
    this.path = this.select.value = path;
    const lines = this.files.get(path).querySelectorAll(".line[data-number]");
    this.code.replaceChildren(...Array.from(lines, (line) => line.cloneNode(true)));
    this.lit = null;
    this.firstChange = this.code.querySelector("ins");
    this.bringIntoSight(this.firstChange);
  }

  bringIntoSight(line) {
    this.code.scrollTop = line ? line.offsetTop - this.code.clientHeight / 2 : 0;
  }

  // Lights the line of an event of the inspector's, and brings it into sight.
  light({ source }) {
    const file = source && `/${source.file.replaceAll("\\", "/")}`;
    const path = file && [...this.files.keys()].find((known) => file.endsWith(`/${known}`));
    if (!path) return;
    this.show(path);
    const line = this.code.querySelector(`[data-number="${source.line}"]`);
    if (!line) return;
    this.lit?.classList.remove("lit");
    this.lit = line;
    line.classList.add("lit");
    this.bringIntoSight(line);
  }
}

// A line of code that is too long for its place wraps after one of these characters, and keeps its indent.
const WRAP_AFTER = /([.,=([{])/;

function prepareForWrapping(code) {
  code.style.setProperty("--indent", code.textContent.search(/\S|$/));
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    const parts = text.data.split(WRAP_AFTER); // such a character is each second part
    text.replaceWith(...parts.flatMap((part, index) => (index % 2 ? [part, document.createElement("wbr")] : [part])));
  }
}

// What one should see opens once the visitor has tried it: after Enter or a click on a button in one of the tabs or in the
// console on the channel layer. What they try stays where it is then. Whoever opens it themselves is shown all of it.
function openAfterTrying(expected, frames, layerConsole) {
  const onTried = () => (expected.open = true);
  expected.querySelector("summary").addEventListener("click", () => requestAnimationFrame(() => expected.scrollIntoView({ block: "nearest" })));
  layerConsole?.addEventListener("submit", onTried);
  for (const frame of frames) {
    frame.addEventListener("load", () => {
      const page = frame.contentDocument;
      page?.addEventListener("keydown", ({ key }) => key === "Enter" && onTried());
      page?.addEventListener("click", ({ target }) => target.matches("[type=button], [type=submit], button") && onTried());
    });
  }
}

// The lesson's keys also work when the focus is in a tab, but for those that are typed into a field there.
function forwardKeys(frames) {
  for (const frame of frames) {
    frame.addEventListener("load", () => frame.contentDocument?.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || isShortcut(event)) document.body.dispatchEvent(new KeyboardEvent("keydown", event));
    }));
  }
}

const tabs = Array.from(document.querySelectorAll(".tab"), (element) => new LessonTab(element));
for (const button of document.querySelectorAll("[data-copy]")) setUpCopyButton(button);
for (const element of document.querySelectorAll(".layer-console")) new LayerConsole(element);

for (const code of document.querySelectorAll(".line code")) prepareForWrapping(code);

const frames = document.querySelectorAll(".tab iframe");
const presentation = new Presentation(document.getElementById("present"));
openAfterTrying(document.querySelector(".expected"), frames, document.querySelector(".layer-console"));
forwardKeys(frames);
const listing = new Listing(document.getElementById("listing"), document.getElementById("show-code"));
for (const element of document.querySelectorAll("[data-feed]")) {
  element.addEventListener("hop", ({ detail }) => listing.light(detail));
  import("../inspector/chart.js").then(({ addChart }) => addChart(element));
}

// One after another: the first that connects is browser 1 in the chart below.
for (const tab of tabs) await tab.loadFirstPage();
