// The feed's state in words, and a way not to wait for the next try.
import { button, element, write } from "./dom.js";

const WORDS = { connecting: "Connecting…", open: "Live", lost: "Connection lost, trying again" };

export function showStatus(place, feed) {
  const words = element("span", { role: "status", textContent: WORDS.connecting });
  const again = button("Try now", () => feed.retryNow(), { hidden: true });
  place.append(words, again, element("span", { className: "trouble", role: "alert" }));
  place.dataset.state = "connecting";
  let lost = false;
  feed.addEventListener("status", ({ detail: state }) => {
    if (state === "connecting" && lost) return; // a try that follows a loss is part of it
    lost = state === "lost";
    place.dataset.state = state;
    again.hidden = !lost;
    write(words, WORDS[state]);
  });
}
