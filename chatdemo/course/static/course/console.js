// Runs inside a lesson's tab, ahead of the step's own scripts, and tells the lesson what the browser's console says.
// A classic script: a module would run after them. It changes nothing that the step's code could notice, but for one
// thing: a page that nobody has clicked into can't take the focus, and with it the reader's place in the lesson.
(() => {
  const tab = window.frameElement;
  if (!tab) return; // in a window of its own, it has a console of its own

  const tell = (level, text) => {
    tab.dispatchEvent(new parent.CustomEvent("console", { detail: { level, text } }));
  };
  const write = (value) => {
    if (typeof value === "string" || value instanceof Error) return String(value);
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const readable = (address) => {
    try {
      return decodeURI(address);
    } catch {
      return address; // percent signs that encode nothing
    }
  };
  tell("begin", "");

  for (const level of ["error", "warn", "info", "log", "debug"]) {
    const original = console[level];
    console[level] = function (...values) {
      tell(level, values.map(write).join(" "));
      return original.apply(this, values);
    };
  }
  addEventListener("error", (event) => {
    if (event.message) tell("error", event.message);
  });
  addEventListener("unhandledrejection", (event) => tell("error", `Uncaught (in promise) ${write(event.reason)}`));

  const page = performance.getEntriesByType("navigation")[0];
  if (page?.responseStatus >= 400) tell("error", `GET ${readable(location.pathname)} failed with status ${page.responseStatus}`);

  window.WebSocket = class WebSocket extends window.WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("error", () => tell("error", `WebSocket connection to '${readable(this.url)}' failed`));
    }

    send(data) {
      if (this.readyState > WebSocket.OPEN) tell("error", "WebSocket is already in CLOSING or CLOSED state.");
      return super.send(data);
    }
  };

  const focus = HTMLElement.prototype.focus;
  HTMLElement.prototype.focus = function (options) {
    if (document.hasFocus()) focus.call(this, options);
  };
})();
