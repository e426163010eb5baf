// The room's stored history: the order of messages, and earlier ones, which are loaded when the reader scrolls up.
const NEAR_TOP_PIXELS = 200;
const MAX_KEY_DELAY_MS = 2_000; // random, so that the pages of a class don't all ask at once

// Each message has its number in the room. The page shows each one once, in order.
export class MessageOrder {
  // `history` is the history's key, empty as long as the room has no message.
  constructor({ messages, history }) {
    this.lastSeq = messages.at(-1)?.seq ?? 0;
    this.history = history;
    this.isNewConnection = true; // it has received no message yet
  }

  connected() {
    this.isNewConnection = true;
  }

  // Compares the history's key with the one that this page knows. Returns true if the room has another history now:
  // its messages were deleted, or the database is new.
  updateHistory(history) {
    const isReplaced = this.history ? history !== this.history : this.lastSeq > 0 && !history;
    this.history = history;
    if (isReplaced) this.lastSeq = 0;
    return isReplaced;
  }

  // The server has fewer messages than this page: the next key counts as another one, also if it is the same. After a
  // power cut, the last messages can be missing from a history.
  distrust() {
    this.history = "none";
  }

  // True if the room's first message came after this page was loaded: then there was no key yet.
  get isKeyUnknown() {
    return this.lastSeq > 0 && !this.history;
  }

  // Returns "next", "old" (the page has it already) or "gap" (messages before it are missing). The first message of a
  // connection is next, whatever its number: those before it were deleted.
  accept(seq) {
    if (!seq) return "next"; // the server stores nothing
    if (seq <= this.lastSeq) return "old";
    if (seq > this.lastSeq + 1 && !this.isNewConnection) return "gap";
    this.isNewConnection = false;
    this.lastSeq = seq;
    return "next";
  }
}

export class EarlierMessages {
  // `hasMore`: the server has messages before those on the page.
  constructor(view, log, address, hasMore) {
    this.view = view;
    this.log = log;
    this.address = address;
    this.hasMore = hasMore;
    this.status = view.querySelector(".older");
    this.loadingText = this.status.textContent;
    this.isLoading = false;
    view.addEventListener("scroll", () => this.loadIfNearTop(), { passive: true });
    this.loadIfNearTop();
  }

  // The room has a new history, and this page has all of it.
  historyReplaced() {
    this.hasMore = false;
    this.status.hidden = true;
  }

  // Asks the server for the history's key and calls `onKey(key)`. If that fails, it can be called again.
  fetchKey(onKey) {
    this.keyTimer ??= setTimeout(async () => {
      try {
        onKey((await (await fetch(`${this.address}?before=1`)).json()).history);
      } catch {
        // There is no connection now.
      }
      this.keyTimer = null;
    }, Math.random() * MAX_KEY_DELAY_MS);
  }

  loadIfNearTop() {
    const hasMore = this.hasMore || this.log.wasTrimmed;
    if (hasMore && !this.isLoading && this.log.firstSeq > 1 && this.view.scrollTop < NEAR_TOP_PIXELS) this.load();
  }

  async load() {
    const first = this.log.firstSeq;
    this.isLoading = true;
    this.status.textContent = this.loadingText;
    this.status.hidden = false;
    try {
      const response = await fetch(`${this.address}?before=${first}`);
      if (!response.ok) throw new Error(response.statusText);
      const page = await response.json();
      if (first !== this.log.firstSeq) return; // the history was replaced meanwhile
      this.hasMore = page.more;
      this.log.wasTrimmed = false;
      this.log.prepend(page.messages);
      this.status.hidden = true;
    } catch {
      this.status.textContent = "Earlier messages can't be loaded now. Scroll up to try again.";
    } finally {
      this.isLoading = false;
    }
  }
}
