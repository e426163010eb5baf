// The console on the channel layer: a form, buttons for a first experiment, and a log of the calls, written as Python, with
// their results.
export class LayerConsole {
  constructor(element) {
    this.form = element.querySelector("form");
    this.log = element.querySelector(".calls");
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
    this.log.append(placeholder);
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
