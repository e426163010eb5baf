// What all pages use: elements and texts, a WebSocket that reconnects, the presentation view, and the browser's storage.

// Elements and texts: nothing here parses markup, so that what people type stays text.

// An element with these properties (`data` is its dataset) and children: elements and texts. Null children are left out.
export function element(tag, { data = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, data);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function button(label, action, properties = {}) {
  return element("button", { type: "button", textContent: label, onclick: action, ...properties });
}

// A text in its own writing direction: a name in Arabic doesn't reorder the words around it.
export function isolated(text, className = "") {
  return element("bdi", { className, textContent: text });
}

// "1,234". The browser's formatter takes 30 ms when a page first uses it, and most numbers need no separator.
export function formatNumber(number) {
  return number < 1000 ? String(number) : number.toLocaleString("en");
}

// Sets the text only if it differs: a screen reader doesn't read it twice, and the browser does no needless layout.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

const TYPED_INTO = "input:not([type=button], [type=submit]), select, textarea:not([readonly]), [contenteditable]";

// Whether a key that goes down can be one of the page's: it is pressed alone, and the visitor isn't typing.
export function isShortcut({ ctrlKey, altKey, metaKey, target }) {
  return !(ctrlKey || altKey || metaKey || target.closest(TYPED_INTO));
}

// Calls `action` for a letter's key, small or capital.
export function onShortcut(letter, action) {
  document.addEventListener("keydown", (event) => {
    if (event.key?.toLowerCase() !== letter || event.defaultPrevented || !isShortcut(event)) return;
    event.preventDefault();
    action();
  });
}

// A WebSocket that connects again when it is lost. The room's page uses it, and the inspector's feed.
// Events: "connecting"; "open" ({secondsAway}: since it was lost, 0 at first); "lost" ({code}: the close code, if there
// is one); "message" (the decoded JSON).

const FIRST_PAUSE_MS = 500; // doubled after each attempt in a row that fails
const LONGEST_PAUSE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000; // a handshake on bad wifi can hang for minutes
const STEADY_MS = 5_000; // after a connection that lasted this long, the pauses start from the first again
const MAX_DOUBLINGS_IF_BROKEN = 1; // after a shorter one that broke: the wifi is bad, but the server is there
const BROKEN_CODES = [undefined, 1006]; // close codes if there was no close frame: given up by this page, or broken

export class ReconnectingSocket extends EventTarget {
  // `address()` returns the URL for each attempt. With `silenceMs`, a connection that receives nothing for so long
  // counts as lost.
  constructor(address, { protocol = [], silenceMs = null } = {}) {
    super();
    this.address = address;
    this.protocol = protocol;
    this.silenceMs = silenceMs;
    this.failures = 0;
    // After a change of network, a socket of the old one gets no close event.
    for (const type of ["online", "offline"]) addEventListener(type, () => (this.retryTimer ? this.retryNow() : this.abandon()));
    document.addEventListener("visibilitychange", () => document.hidden || this.checkTimers());
    for (const type of ["focus", "pageshow"]) addEventListener(type, () => this.checkTimers());
  }

  connect() {
    clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.emit("connecting");
    this.socket = new WebSocket(this.address(), this.protocol);
    this.startTimeout(CONNECT_TIMEOUT_MS);
    this.socket.onopen = () => this.onOpen();
    this.socket.onmessage = (event) => this.onMessage(event);
    this.socket.onclose = ({ code }) => this.onClose(code);
  }

  // Sends a value as JSON. False if there is no open connection.
  send(value) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(value));
    return true;
  }

  // Replaces the connection by a new one at once.
  reconnect() {
    this.abandon();
    this.retryNow();
  }

  // Skips the rest of the pause, if there is one.
  retryNow() {
    if (this.retryTimer) this.connect();
  }

  // Abandons the connection if nothing arrives within so many milliseconds.
  startTimeout(milliseconds) {
    this.stopTimeout();
    this.deadline = Date.now() + milliseconds;
    this.timeoutTimer = setTimeout(() => this.abandon(), milliseconds);
  }

  stopTimeout() {
    clearTimeout(this.timeoutTimer);
    this.timeoutTimer = null;
  }

  // Doesn't wait for the close event: with a dead network the browser needs as long to close as to open.
  abandon() {
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.onClose();
  }

  // A laptop that slept, or a frozen tab, missed its timers.
  checkTimers() {
    if (this.retryTimer) this.connect();
    else if (this.timeoutTimer && Date.now() > this.deadline) this.abandon();
  }

  onOpen() {
    this.restartSilenceTimeout();
    const secondsAway = this.lostAt ? Math.max(1, Math.round((Date.now() - this.lostAt) / 1000)) : 0;
    this.lostAt = null;
    this.openedAt = Date.now();
    this.emit("open", { secondsAway });
  }

  onMessage(event) {
    this.restartSilenceTimeout();
    this.emit("message", JSON.parse(event.data));
  }

  restartSilenceTimeout() {
    if (this.silenceMs) this.startTimeout(this.silenceMs);
    else this.stopTimeout();
  }

  onClose(code) {
    this.stopTimeout();
    if (this.openedAt) this.lostAt = Date.now();
    if (this.openedAt && this.lostAt - this.openedAt > STEADY_MS) this.failures = 0;
    else if (this.openedAt && BROKEN_CODES.includes(code)) this.failures = Math.min(MAX_DOUBLINGS_IF_BROKEN, this.failures);
    this.openedAt = null;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures++);
    // Jitter: when a server restarts, its whole class doesn't connect in the same instant.
    this.retryTimer = setTimeout(() => this.connect(), pause * (0.5 + Math.random() / 2));
    this.emit("lost", { code });
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// Shows the socket's state: sets `place.dataset.state`, the text of its [role=status], and its button "Try now".
export function showConnectionState(place, socket, openText, onRetryButtonHidden = () => {}) {
  const texts = { connecting: "Connecting…", open: openText, lost: "Connection lost, trying again" };
  const status = place.querySelector("[role=status]");
  const retry = place.querySelector("button");
  retry.onclick = () => socket.retryNow();
  for (const [state, text] of Object.entries(texts)) {
    socket.addEventListener(state, () => {
      place.dataset.state = state;
      // An attempt after a loss is part of the loss: a screen reader doesn't announce each one.
      if (state !== "connecting" || !socket.lostAt) status.textContent = text;
    });
  }
  socket.addEventListener("lost", () => (retry.hidden = false));
  socket.addEventListener("open", () => {
    if (document.activeElement === retry) onRetryButtonHidden();
    retry.hidden = true;
  });
}

// The presentation view, for the back row: <html> has the class "presents", which makes all text larger, and the page's
// style sheet hides what isn't presented. A button and a key turn it on and off; Escape and a button in the corner turn it
// off.

const PRESENTS = "presents";

export class Presentation {
  // With the key null only the button turns it on, for a page that has keys of its own.
  constructor(toggleButton, { key = "v" } = {}) {
    this.toggleButton = toggleButton;
    this.leaveButton = button("✕", () => this.leave(), { className: "leave", title: "Leave the presentation view (Escape)", ariaLabel: "Leave the presentation view" });
    this.title = element("h1");
    this.header = element("header", { className: "hidden" }, this.title); // in place of the page's own, for screen readers
    toggleButton.addEventListener("click", () => this.toggle());
    toggleButton.setAttribute("aria-pressed", "false");
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.leave());
    if (key) onShortcut(key, () => this.toggle());
    // Escape leaves the full screen first, and the page gets no key event for it.
    // One that comes late, after the view was left and entered again, is of the time before.
    this.isFullscreen = false;
    document.addEventListener("fullscreenchange", () => {
      if (this.isFullscreen && !document.fullscreenElement) this.leave();
      this.isFullscreen = this.isOn && Boolean(document.fullscreenElement);
    });
  }

  get isOn() {
    return document.documentElement.classList.contains(PRESENTS);
  }

  toggle() {
    if (this.isOn) this.leave();
    else this.enter();
  }

  enter() {
    this.focusedBefore = document.activeElement; // it may be hidden now, and lose the focus
    this.set(true);
    this.title.textContent = document.title;
    document.body.prepend(this.header); // at the end it would make the page higher
    document.body.append(this.leaveButton);
    document.documentElement.requestFullscreen?.().catch(() => {}); // a browser may refuse it
  }

  leave() {
    if (!this.isOn) return;
    this.header.remove();
    this.leaveButton.remove();
    this.isFullscreen = false;
    this.set(false);
    if (document.fullscreenElement) document.exitFullscreen();
    if (document.activeElement === document.body) this.focusedBefore.focus();
  }

  set(isOn) {
    document.documentElement.classList.toggle(PRESENTS, isOn);
    this.toggleButton.setAttribute("aria-pressed", String(isOn));
  }
}

// The browser's storage for this site, or for one tab (TAB). If storage is switched off, the page's memory is used.

const memory = new Map();
const SITE = "localStorage";
export const TAB = "sessionStorage";

export function read(key, storage = SITE) {
  try {
    return window[storage].getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

export function write(key, value, storage = SITE) {
  memory.set(key, value);
  try {
    window[storage].setItem(key, value);
  } catch {
    // Full or forbidden: the value is in memory until the page is closed.
  }
}

export function remove(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // It was only in memory.
  }
}

export function keys() {
  try {
    return [...new Set([...Object.keys(localStorage), ...memory.keys()])];
  } catch {
    return [...memory.keys()];
  }
}

// A random id of letters and digits. crypto.randomUUID is missing on a page that comes over plain HTTP from another
// machine, as it does in a class.
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
