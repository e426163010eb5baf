// A tab of the lesson: its address, its buttons, and what its browser's console says (console.js reports it).
const MOST = 50; // lines; what a page says in a loop would fill the memory
const PATIENCE = 2_000; // milliseconds
const SIGNS = { error: "✕", warn: "⚠" };

export class Tab {
  constructor(element) {
    this.element = element;
    this.page = element.querySelector("iframe");
    this.place = element.querySelector(".place");
    this.link = element.querySelector(".open");
    this.lines = element.querySelector(".console ol");
    this.empty = element.querySelector(".console .empty");
    this.page.addEventListener("console", ({ detail }) => this.report(detail));
    this.page.addEventListener("load", () => this.arrived());
    element.querySelector(".reload").onclick = () => this.reload();
    element.querySelector(".home").onclick = () => this.open(element.dataset.src);
  }

  // Opens the tab's first page; resolves once it is there, or has taken too long.
  begin() {
    this.open(this.element.dataset.src);
    return new Promise((resolve) => {
      this.page.addEventListener("load", resolve, { once: true });
      setTimeout(resolve, PATIENCE);
    });
  }

  // The page at that address, with its console reported; in place of the one before, so that Back leaves the lesson.
  open(address) {
    const url = new URL(address, location.href);
    url.searchParams.set("console", "");
    this.page.contentWindow.location.replace(url);
  }

  reload() {
    this.clear();
    this.page.contentWindow.location.reload();
  }

  // Once a page is there. One without console.js, such as the finished chat's, has not cleared the console itself.
  arrived() {
    if (!this.begun) this.clear();
    this.begun = false;
    this.showAddress();
  }

  showAddress() {
    const url = new URL(this.page.contentWindow.location.href);
    if (!url.protocol.startsWith("http")) return; // about:blank, before the first page
    url.searchParams.delete("console");
    const path = url.pathname + url.search;
    this.place.textContent = readable(path);
    this.link.href = path;
  }

  report({ level, text }) {
    if (level === "begin") {
      this.begun = true;
      return this.clear();
    }
    this.empty.hidden = true;
    this.lines.append(line(level, text));
    if (this.lines.childElementCount > MOST) this.lines.firstElementChild.remove();
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  clear() {
    this.lines.replaceChildren();
    this.empty.hidden = false;
  }
}

function readable(address) {
  try {
    return decodeURI(address);
  } catch {
    return address; // percent signs that encode nothing
  }
}

function line(level, text) {
  const item = document.createElement("li");
  item.className = level;
  item.textContent = SIGNS[level] ? `${SIGNS[level]} ${text}` : text;
  return item;
}
