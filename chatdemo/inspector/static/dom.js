// Elements, made of text: nothing here parses markup, so that what people typed stays text.

// An element with these properties ("data" is its dataset), holding elements and texts; null ones are left out.
export function element(tag, { data = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, data);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function button(label, action, properties = {}) {
  return element("button", { type: "button", textContent: label, onclick: action, ...properties });
}

// A text that may be written in another direction than what is around it.
export function typed(text, className = "") {
  return element("bdi", { className, textContent: text });
}

// Writes only what differs: a screen reader isn't told the same thing twice, and nothing is laid out in vain.
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// Makes `list` hold one element for each item, in order, and keeps those it has for the same key.
export function sync(list, items, key, make, update) {
  list.made ??= new Map();
  const wanted = new Map(items.map((item) => [key(item), item]));
  for (const [name, child] of list.made) {
    if (wanted.has(name)) continue;
    child.remove();
    list.made.delete(name);
  }
  let place = list.firstElementChild;
  for (const [name, item] of wanted) {
    let child = list.made.get(name);
    if (!child) list.made.set(name, (child = make(item)));
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
    update(child, item);
  }
}

// Has the keys move through the buttons in the list's items, as one stop of the Tab key.
export function oneStop(list) {
  list.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const stops = [...list.children].map((item) => item.firstElementChild);
    const next = Math.min(stops.length - 1, Math.max(0, stops.indexOf(document.activeElement) + steps[event.key]));
    setStop(list, stops[next]);
    stops[next]?.focus();
  });
}

// Makes the button that Tab comes to this one: or, without one, the one that it is, or else the first.
export function setStop(list, stop = null) {
  const now = stop ?? (list.contains(list.stop) ? list.stop : list.firstElementChild?.firstElementChild);
  if (now === list.stop || !now) return;
  if (list.stop) list.stop.tabIndex = -1;
  now.tabIndex = 0;
  list.stop = now;
}
