// The connection's state in words, and a way not to wait for the next try.
const WORDS = { connecting: "Connecting…", open: "Connected", lost: "Connection lost, trying again" };

export function showConnection(place, connection, focusElsewhere) {
  const button = place.querySelector("button");
  const words = place.querySelector("[role=status]");
  button.onclick = () => connection.retryNow();
  for (const state of Object.keys(WORDS)) {
    connection.addEventListener(state, () => {
      place.dataset.state = state;
      // A try that follows a loss is part of it: a screen reader isn't told twice for each.
      if (state !== "connecting" || !connection.lostAt) words.textContent = WORDS[state];
    });
  }
  connection.addEventListener("lost", () => (button.hidden = false));
  connection.addEventListener("open", () => {
    if (document.activeElement === button) focusElsewhere();
    button.hidden = true;
  });
}
