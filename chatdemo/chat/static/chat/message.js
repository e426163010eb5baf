// A message as it is shown, in the log and in the outbox.

// A list item with the text, which is never markup, and below it whatever else belongs to the message.
export function renderMessage(text, ...below) {
  const body = document.createElement("p");
  body.className = "text";
  body.dir = "auto";
  body.textContent = text;
  const item = document.createElement("li");
  item.append(body, ...below);
  return item;
}
