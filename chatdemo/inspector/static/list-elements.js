// Lists of elements: one element for each item of the data, and arrow keys that move the focus.

// Makes `list` hold one element for each item, in order. An item with a known key keeps its element.
export function syncList(list, items, key, make, update = () => {}) {
  list.elementsByKey ??= new Map();
  const wanted = new Map(items.map((item) => [key(item), item]));
  for (const [itemKey, child] of list.elementsByKey) {
    if (wanted.has(itemKey)) continue;
    child.remove();
    list.elementsByKey.delete(itemKey);
  }
  let position = list.firstElementChild;
  for (const [itemKey, item] of wanted) {
    let child = list.elementsByKey.get(itemKey);
    if (!child) list.elementsByKey.set(itemKey, (child = make(item)));
    if (child === position) position = position.nextElementSibling;
    else list.insertBefore(child, position);
    update(child, item);
  }
}

// Roving tabindex: the arrow keys move through the buttons in the list's items, and Tab stops at one of them only.
export function addRovingFocus(list) {
  list.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const buttons = [...list.children].map((item) => item.firstElementChild);
    const next = Math.min(buttons.length - 1, Math.max(0, buttons.indexOf(document.activeElement) + steps[event.key]));
    setTabStop(list, buttons[next]);
    buttons[next]?.focus();
  });
}

// Makes this button the one at which Tab stops. Without one: the same as before, or else the first.
export function setTabStop(list, button = null) {
  const stop = button ?? (list.contains(list.tabStop) ? list.tabStop : list.firstElementChild?.firstElementChild);
  if (stop === list.tabStop || !stop) return;
  if (list.tabStop) list.tabStop.tabIndex = -1;
  stop.tabIndex = 0;
  list.tabStop = stop;
}
