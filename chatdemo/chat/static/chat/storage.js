// The browser's storage for this site, or, as `kind`, that of one tab; where it is switched off, the page's own memory.
const memory = new Map();
const TAB = "sessionStorage";

export function read(key, kind = "localStorage") {
  try {
    return window[kind].getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

export function write(key, value, kind = "localStorage") {
  memory.set(key, value);
  try {
    window[kind].setItem(key, value);
  } catch {
    // Full or forbidden: until the page is closed it is remembered here.
  }
}

export function remove(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // It was never there.
  }
}

export function keys() {
  try {
    return [...new Set([...Object.keys(localStorage), ...memory.keys()])];
  } catch {
    return [...memory.keys()];
  }
}

const DRAFT = `chatdemo draft ${location.pathname}`;

// What was being written in this tab, when its page was left.
export function draft() {
  return read(DRAFT, TAB) ?? "";
}

export function keepDraft(text) {
  write(DRAFT, text, TAB);
}

// Letters and digits that nobody guesses. crypto.randomUUID is missing where a page comes over plain HTTP from another
// machine, as it does in a class.
export function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// By which the server knows this browser again, if it refuses cookies.
export function secret() {
  const known = read("chatdemo client");
  if (known) return known;
  write("chatdemo client", random());
  return read("chatdemo client");
}
