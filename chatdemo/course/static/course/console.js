// Runs in a lesson's tab before the step's own scripts, and reports to the lesson what the browser's console says.
// A classic script: a module would run after the step's scripts. The step's code notices only one change: a page can't
// take the focus until the visitor has clicked into it. Otherwise the lesson would scroll to the tab.
(() => {
  const tab = window.frameElement;
  if (!tab) return; // in its own window, the page has the browser's console

  const report = (level, text) => {
    tab.dispatchEvent(new parent.CustomEvent("console", { detail: { level, text } }));
  };
  const toText = (value) => {
    if (typeof value === "string" || value instanceof Error) return String(value);
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const decoded = (address) => {
    try {
      return decodeURI(address);
    } catch {
      return address; // its percent signs aren't valid encodings
    }
  };
  report("begin", "");

  for (const level of ["error", "warn", "info", "log", "debug"]) {
    const original = console[level];
    console[level] = function (...values) {
      report(level, values.map(toText).join(" "));
      return original.apply(this, values);
    };
  }
  addEventListener("error", (event) => {
    if (event.message) report("error", event.message);
  });
  addEventListener("unhandledrejection", (event) => report("error", `Uncaught (in promise) ${toText(event.reason)}`));

  const page = performance.getEntriesByType("navigation")[0];
  if (page?.responseStatus >= 400) report("error", `GET ${decoded(location.pathname)} failed with status ${page.responseStatus}`);

  window.WebSocket = class WebSocket extends window.WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("error", () => report("error", `WebSocket connection to '${decoded(this.url)}' failed`));
    }

    send(data) {
      if (this.readyState > WebSocket.OPEN) report("error", "WebSocket is already in CLOSING or CLOSED state.");
      return super.send(data);
    }
  };

  const focus = HTMLElement.prototype.focus;
  HTMLElement.prototype.focus = function (options) {
    if (document.hasFocus()) focus.call(this, options);
  };
})();
