// The browser's storage for this site, or for one tab (TAB). If storage is switched off, the page's memory is used.
const memory = new Map();
const SITE = "localStorage";
const TAB = "sessionStorage";
const CLIENT_KEY = "chatdemo client";
const DRAFT_KEY = `chatdemo draft ${location.pathname}`;

export function read(key, storage = SITE) {
  try {
    return window[storage].getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

export function write(key, value, storage = SITE) {
  memory.set(key, value);
  try {
    window[storage].setItem(key, value);
  } catch {
    // Full or forbidden: the value is in memory until the page is closed.
  }
}

export function remove(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // It was only in memory.
  }
}

export function keys() {
  try {
    return [...new Set([...Object.keys(localStorage), ...memory.keys()])];
  } catch {
    return [...memory.keys()];
  }
}

// The text that was in this tab's composer when the page was left.
export function readDraft() {
  return read(DRAFT_KEY, TAB) ?? "";
}

export function writeDraft(text) {
  write(DRAFT_KEY, text, TAB);
}

// A random id of letters and digits. crypto.randomUUID is missing on a page that comes over plain HTTP from another
// machine, as it does in a class.
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A secret by which the server recognises this browser if it refuses cookies.
export function clientSecret() {
  const stored = read(CLIENT_KEY);
  if (stored) return stored;
  write(CLIENT_KEY, randomId());
  return read(CLIENT_KEY);
}
