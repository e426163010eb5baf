// What the visitor is called: sent to the server, which tells everyone.
import { read, write } from "./storage.js";

const ANSWERED = "chatdemo name"; // the browser was asked, and this was the answer; empty for a guest

export class NameForm {
  // ``onSaved(name)`` is called when the server has it.
  constructor(form, onSaved) {
    this.form = form;
    this.note = form.querySelector(".note");
    form.onsubmit = async (event) => {
      event.preventDefault();
      const data = new FormData(form);
      if (await this.save(data)) onSaved(data.get("name"));
    };
  }

  // True if the server has it.
  async save(data) {
    try {
      const response = await fetch(this.form.action, { method: "POST", body: data });
      this.say(response.ok ? "" : [400, 503].includes(response.status) ? await response.text() : "That couldn't be saved: load the page again.");
      return response.ok;
    } catch {
      this.say("There is no connection: try again in a moment.");
      return false;
    }
  }

  say(words) {
    this.note.textContent = words;
    this.note.classList.toggle("error", Boolean(words));
  }
}

// The same in two places: in the panel, for good, and above the composer until the visitor has answered once.
export function askName(panel, asked, focusElsewhere) {
  const answer = (name) => {
    write(ANSWERED, name);
    show(name);
    panel.closest("details").open = false;
    focusElsewhere();
  };
  const show = (name) => {
    if (name) panel.elements.name.value = name;
    asked.hidden = true;
  };
  for (const form of [panel, asked]) new NameForm(form, answer);
  asked.querySelector("button[type=button]").onclick = () => answer("");
  addEventListener("storage", ({ key, newValue }) => key === ANSWERED && show(newValue)); // answered in another tab
  asked.elements.name.value = read(ANSWERED) ?? ""; // which the server may have forgotten
  asked.hidden = Boolean(panel.elements.name.value) || read(ANSWERED) === "";
}
