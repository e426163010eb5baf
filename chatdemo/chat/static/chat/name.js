// What the visitor is called: sent to the server, which tells everyone.
export class NameForm {
  constructor(form, focusElsewhere) {
    this.form = form;
    this.note = form.querySelector("#name-note");
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (await this.save()) {
        form.closest("details").open = false;
        focusElsewhere();
      }
    };
  }

  // True if the server has it.
  async save() {
    try {
      const response = await fetch(this.form.action, { method: "POST", body: new FormData(this.form) });
      this.say(response.ok ? "" : response.status === 400 ? await response.text() : "That couldn't be saved: load the page again.");
      return response.ok;
    } catch {
      this.say("There is no connection: try again in a moment.");
      return false;
    }
  }

  say(words) {
    this.note.textContent = words;
    this.note.className = words ? "error" : "";
  }
}
