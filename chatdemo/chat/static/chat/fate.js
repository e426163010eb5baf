// What is becoming of a message that hasn't come back yet, under it.
import { element } from "./message.js";

// In words, with `choices` as [label, action]; what leaves a choice is told to a screen reader at once.
export function showFate(item, words, choices, onChosen) {
  const fate = item.querySelector(".fate");
  item.classList.toggle("failed", choices.length > 0);
  fate.role = choices.length ? "alert" : null;
  fate.textContent = words;
  item.querySelector(".choices").replaceChildren(...choices.map(([label, action]) => choice(label, action, onChosen)));
}

function choice(label, action, onChosen) {
  const button = Object.assign(element("button", ""), { type: "button", textContent: label });
  button.onclick = () => {
    action();
    onChosen();
  };
  return button;
}
