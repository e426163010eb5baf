// A WebSocket that comes back by itself. Events: "connecting"; "open" ({away}: seconds since it was lost, 0 at first);
// "lost"; "frame" (the decoded JSON of one).
const FIRST_PAUSE = 500; // milliseconds, doubled at each try in a row that fails
const LONGEST_PAUSE = 10_000;
const CONNECT_TIMEOUT = 10_000; // a handshake on bad wifi can hang for minutes
const STEADY = 5_000; // a connection that lasted this long starts the pauses afresh
const BRIEF = 1; // doublings, after one that was cut off sooner: the wifi is bad, but the server is there
const CUT_OFF = [undefined, 1006]; // codes of a connection that ends without a goodbye, given up by us or broken
const SILENCE = 10_000; // the server beats every 4 s, and answers all that is sent; without either a line is dead

export class Connection extends EventTarget {
  // ``address()`` is asked at each try.
  constructor(address, protocol) {
    super();
    this.address = address;
    this.protocol = protocol;
    this.failures = 0;
    // In another network, what was open in the last one never hears of its end.
    for (const change of ["online", "offline"]) addEventListener(change, () => (this.retry ? this.retryNow() : this.abandon()));
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    for (const waking of ["focus", "pageshow"]) addEventListener(waking, () => this.wake());
  }

  connect() {
    clearTimeout(this.retry);
    this.retry = null;
    this.tell("connecting");
    this.socket = new WebSocket(this.address(), this.protocol);
    this.watch(CONNECT_TIMEOUT);
    this.socket.onopen = () => this.opened();
    this.socket.onmessage = (event) => this.received(event);
    this.socket.onclose = ({ code }) => this.closed(code);
  }

  // True if the text is on its way; false if there is no connection to take it.
  send(text) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(text);
    return true;
  }

  // Another connection in this one's place, at once.
  again() {
    this.abandon();
    this.retryNow();
  }

  // Without the rest of the pause, if there is one.
  retryNow() {
    if (this.retry) this.connect();
  }

  // Gives the connection up, if it shows no life within so many milliseconds.
  watch(timeout) {
    this.calm();
    this.patientUntil = Date.now() + timeout;
    this.patience = setTimeout(() => this.abandon(), timeout);
  }

  calm() {
    clearTimeout(this.patience);
    this.patience = null;
  }

  // Without waiting for its end: closing a dead line takes the browser as long as opening one.
  abandon() {
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.closed();
  }

  received(event) {
    this.watch(SILENCE);
    const frame = JSON.parse(event.data);
    if (frame.event === "beat") this.send('{"beat": true}');
    else this.tell("frame", frame);
  }

  // A laptop that slept, or a tab that was frozen, missed its timers: they are made up for at once.
  wake() {
    if (this.retry) this.connect();
    else if (this.patience && Date.now() > this.patientUntil) this.abandon();
  }

  opened() {
    this.watch(SILENCE);
    const away = this.lostAt ? Math.max(1, Math.round((Date.now() - this.lostAt) / 1000)) : 0;
    this.lostAt = null;
    this.openedAt = Date.now();
    this.tell("open", { away });
  }

  closed(code) {
    this.calm();
    if (this.openedAt) this.lostAt = Date.now();
    if (this.openedAt && this.lostAt - this.openedAt > STEADY) this.failures = 0;
    else if (this.openedAt && CUT_OFF.includes(code)) this.failures = Math.min(BRIEF, this.failures);
    this.openedAt = null;
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures++);
    // Jitter: a class whose server went away doesn't come back in one instant.
    this.retry = setTimeout(() => this.connect(), pause * (0.5 + Math.random() / 2));
    this.tell("lost");
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
