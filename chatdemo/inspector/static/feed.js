// The inspector's feed: a WebSocket that comes back by itself. Events: "status" ("connecting", "open", "lost");
// "message" (the decoded JSON of one).
const FIRST_PAUSE = 500; // milliseconds, doubled at each try in a row that fails
const LONGEST_PAUSE = 10_000;
const CONNECT_TIMEOUT = 10_000;

export class Feed extends EventTarget {
  constructor(url) {
    super();
    this.url = new URL(url, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.failures = 0;
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
    addEventListener("online", () => this.retryNow());
  }

  connect() {
    clearTimeout(this.retry);
    this.retry = null;
    this.status("connecting");
    this.socket = new WebSocket(this.url);
    this.patience = setTimeout(() => this.abandon(), CONNECT_TIMEOUT); // a handshake on bad wifi can hang for minutes
    this.socket.onopen = () => this.opened();
    this.socket.onmessage = (event) => this.got(JSON.parse(event.data));
    this.socket.onclose = () => this.closed();
  }

  // The server is told how far the page has read: one that doesn't read is cut off.
  got(message) {
    if (message.kind === "events" && message.events.length) this.send({ do: "got", n: message.events.at(-1).n });
    this.tell("message", message);
  }

  // A command to the server: false if there is no connection to take it.
  send(command) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  // Without the rest of the pause, if there is one.
  retryNow() {
    if (this.retry) this.connect();
  }

  abandon() {
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.closed();
  }

  opened() {
    clearTimeout(this.patience);
    this.failures = 0;
    this.status("open");
  }

  closed() {
    clearTimeout(this.patience);
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures);
    this.failures += 1;
    this.retry = setTimeout(() => this.connect(), pause * (0.5 + Math.random() / 2));
    this.status("lost");
  }

  status(status) {
    this.tell("status", status);
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
