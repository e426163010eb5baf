// The console on the channel layer: a form, a log of the calls as Python with what came of each, and a first experiment.
const UNREACHABLE = "The server didn't answer. Is it still running?";

export class LayerConsole {
  constructor(element) {
    this.form = element.querySelector("form");
    this.log = element.querySelector(".calls");
    this.run = this.form.querySelector("[type=submit]");
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.form.elements.call.onchange = () => this.showFields();
    for (const button of element.querySelectorAll("[data-call]")) button.onclick = () => this.perform(button.dataset);
    this.showFields();
  }

  // Only what the chosen call takes.
  showFields() {
    const takes = this.form.elements.call.selectedOptions[0].dataset.takes.split(" ");
    for (const name of ["group", "channel", "event"]) {
      this.form.elements[name].closest("label").hidden = !takes.includes(name);
    }
  }

  // A call of the first experiment: filled in, and run.
  perform({ call, group, channel, event }) {
    const values = { call, group, channel, event };
    for (const [name, value] of Object.entries(values)) if (value) this.form.elements[name].value = value;
    this.showFields();
    this.form.requestSubmit(this.run);
  }

  async submit(event) {
    event.preventDefault();
    const waiting = this.write("waiting", "…");
    const answer = await this.ask();
    // In the place that was kept for it: a receive that waits is answered after what was called later.
    if (answer.python) waiting.before(line("python", `>>> ${answer.python}`));
    for (const kind of ["result", "error", "note"]) if (answer[kind]) waiting.before(line(kind, answer[kind]));
    waiting.remove();
    this.log.scrollTop = this.log.scrollHeight;
  }

  async ask() {
    try {
      const response = await fetch(this.form.action, { method: "POST", body: new FormData(this.form) });
      const json = response.headers.get("content-type")?.includes("json");
      return json ? await response.json() : { error: `The server refused it with status ${response.status}. Load the page again.` };
    } catch {
      return { error: UNREACHABLE };
    }
  }

  write(kind, text) {
    const item = line(kind, text);
    this.log.append(item);
    this.log.scrollTop = this.log.scrollHeight;
    return item;
  }
}

function line(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.textContent = text;
  return item;
}
