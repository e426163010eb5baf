// A message as it is shown, in the log and in the outbox.

// A list item with the text, which is never markup, and below it whatever else belongs to the message.
export function renderMessage(text, ...below) {
  const body = element("p", "text");
  body.dir = "auto";
  body.textContent = text;
  const item = document.createElement("li");
  item.append(body, ...below);
  return item;
}

// One that has arrived: with who said it and when.
export function renderSaid({ message, name, at }, own) {
  const said = new Date(at ?? Date.now());
  const meta = element("p", "meta");
  meta.append(clock(said));
  const item = renderMessage(message, meta);
  item.classList.toggle("own", own);
  item.dataset.name = name ?? "";
  item.dataset.day = said.toDateString();
  if (name) item.prepend(Object.assign(element("p", "name"), { dir: "auto", textContent: name }));
  return item;
}

export function element(tag, className) {
  return Object.assign(document.createElement(tag), { className });
}

function clock(date) {
  const time = document.createElement("time");
  time.dateTime = date.toISOString();
  const today = date.toDateString() === new Date().toDateString();
  const day = today ? {} : { day: "numeric", month: "short" };
  time.textContent = date.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
  return time;
}
