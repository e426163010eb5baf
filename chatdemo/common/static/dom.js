// Elements and texts: nothing here parses markup, so that what people type stays text.

// An element with these properties (`data` is its dataset) and children: elements and texts. Null children are left out.
export function element(tag, { data = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, data);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function button(label, action, properties = {}) {
  return element("button", { type: "button", textContent: label, onclick: action, ...properties });
}

// A text in its own writing direction: a name in Arabic doesn't reorder the words around it.
export function isolated(text, className = "") {
  return element("bdi", { className, textContent: text });
}

// "1,234". The browser's formatter takes 30 ms when a page first uses it, and most numbers need no separator.
export function formatNumber(number) {
  return number < 1000 ? String(number) : number.toLocaleString("en");
}

// Sets the text only if it differs: a screen reader doesn't read it twice, and the browser does no needless layout.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
