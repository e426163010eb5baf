// What was said before, fetched when the reader scrolls up to it.
const NEAR = 200; // pixels from the beginning

export class Older {
  constructor(view, log, address, more) {
    this.view = view;
    this.log = log;
    this.address = address;
    this.more = more;
    this.words = view.querySelector(".older");
    this.loading = false;
    view.addEventListener("scroll", () => this.look(), { passive: true });
    this.look();
  }

  look() {
    const more = this.more || this.log.trimmed;
    if (more && !this.loading && this.log.first > 1 && this.view.scrollTop < NEAR) this.load();
  }

  async load() {
    this.loading = true;
    this.words.hidden = false;
    try {
      const response = await fetch(`${this.address}?before=${this.log.first}`);
      if (!response.ok) throw new Error(response.statusText);
      const past = await response.json();
      this.more = past.more;
      this.log.trimmed = false;
      this.log.prepend(past.messages);
      this.words.hidden = true;
    } catch {
      this.words.textContent = "What was said before can't be loaded now. Scroll up again to try.";
    }
    this.loading = false;
  }
}
