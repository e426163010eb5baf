// The inspector's feed: messages of the server, each {kind: "hello", "events", "state", "problems" or "error", …}, and commands to it.
import { button, element, setText } from "./common/dom.js";
import { ReconnectingSocket, showConnectionState } from "./common/reconnecting-socket.js";

// Connects to the feed at `path`, calls `onMessage(message)` for each message, and shows the connection's state in `place`.
export class Feed {
  constructor(path, place, onMessage) {
    const url = new URL(path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new ReconnectingSocket(() => url);
    this.error = element("span", { className: "trouble", role: "alert" });
    place.append(element("span", { role: "status", textContent: "Connecting…" }), button("Try now", null, { hidden: true }), this.error);
    place.dataset.state = "connecting";
    showConnectionState(place, this.socket, "Live");
    this.socket.addEventListener("message", ({ detail: message }) => {
      // The server closes the connection of a page that doesn't acknowledge events.
      if (message.kind === "events" && message.events.length) this.send({ do: "got", n: message.events.at(-1).n });
      onMessage(message);
    });
    this.socket.connect();
  }

  // Sends a command: {do: "freeze", group: …}.
  send(command) {
    this.socket.send(command);
  }

  showError(text) {
    setText(this.error, text);
  }

  // Adds a message to the recording. An error about a command is shown.
  apply(recording, message) {
    if (message.kind === "hello") {
      recording.maxEvents = message.limit ?? recording.maxEvents;
      recording.clearProblems();
    } else if (message.kind === "problems") recording.addProblems(message.problems);
    else if (message.kind === "events") recording.add(message.events, message.dropped);
    else if (message.kind === "state") recording.setState(message);
    else if (message.kind === "error") this.showError(message.detail);
  }
}
