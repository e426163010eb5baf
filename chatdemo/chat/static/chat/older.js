// What was said before, fetched when the reader scrolls up to it; and which history that is.
const NEAR = 200; // pixels from the beginning
const SPREAD = 2_000; // milliseconds, so that a whole class doesn't ask at once

export class Older {
  constructor(view, log, address, more) {
    this.view = view;
    this.log = log;
    this.address = address;
    this.more = more;
    this.words = view.querySelector(".older");
    this.loadingWords = this.words.textContent;
    this.loading = false;
    view.addEventListener("scroll", () => this.look(), { passive: true });
    this.look();
  }

  // The history is begun anew: this page has all of it.
  forget() {
    this.more = false;
    this.words.hidden = true;
  }

  // Has the server asked for the history's key, and ``tell(key)`` called; if that fails, it may be asked again.
  learn(tell) {
    this.learning ??= setTimeout(async () => {
      try {
        tell((await (await fetch(`${this.address}?before=1`)).json()).history);
      } catch {
        // There is no connection now.
      }
      this.learning = null;
    }, Math.random() * SPREAD);
  }

  look() {
    const more = this.more || this.log.trimmed;
    if (more && !this.loading && this.log.first > 1 && this.view.scrollTop < NEAR) this.load();
  }

  async load() {
    const first = this.log.first;
    this.loading = true;
    this.words.textContent = this.loadingWords;
    this.words.hidden = false;
    try {
      const response = await fetch(`${this.address}?before=${first}`);
      if (!response.ok) throw new Error(response.statusText);
      const past = await response.json();
      if (first !== this.log.first) return; // begun anew meanwhile
      this.more = past.more;
      this.log.trimmed = false;
      this.log.prepend(past.messages);
      this.words.hidden = true;
    } catch {
      this.words.textContent = "Earlier messages can't be loaded now. Scroll up to try again.";
    } finally {
      this.loading = false;
    }
  }
}
