// A tab of the lesson: its address, its buttons, and its browser console, which console.js reports.
const MAX_CONSOLE_LINES = 50; // a page that logs in a loop would fill the memory
const LOAD_TIMEOUT_MS = 2_000;
const SIGNS = { error: "✕", warn: "⚠" };

export class LessonTab {
  constructor(element) {
    this.firstAddress = element.dataset.src;
    this.frame = element.querySelector("iframe");
    this.address = element.querySelector(".place");
    this.openLink = element.querySelector(".open");
    this.lines = element.querySelector(".console ol");
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
    this.lines.scrollTop = this.lines.scrollHeight;
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
