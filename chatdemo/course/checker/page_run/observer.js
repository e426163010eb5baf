// Runs first in each of the learner's pages, in a frame of driver.js. Records what happens there:
// exceptions, the handlers that are set and that run, WebSockets, and what opens another page.
// A place is a list of lines, {url, line}: that of the script's code first, and then its callers.

(() => {
  const driver = window.parent.pageRun;
  if (!driver || window.parent === window) return;
  const record = {
    path: location.pathname,
    errors: [], // exceptions that nothing has caught: ScriptError in run.py
    notLoaded: [], // addresses of scripts
    refused: [], // directives of a Content-Security-Policy that have kept a script from running
    sockets: [], // SocketRecord in run.py
    handlers: [], // Handler
    runs: [], // of handlers: {type, target, at, sent, changed, isPrevented}
    navigations: [], // by scripts: {to, at, during}
    created: [], // elements that scripts have made: {element, tag, at}
    ignored: [], // addresses of scripts whose elements have a text too
    isSubmitted: false, // a form, by which another page is opened
    isReady: false, // the page and its scripts have been read
    isLeft: false, // for another page
  };
  driver.addRecord(window.frameElement, record);

  // An exception of JSON.parse has no line of its own. One without a stack in the page is a mistake
  // in its syntax.
  const own = document.currentScript.src;
  const linesOf = (error) => [...(error?.stack ?? '').matchAll(/(https?:[^\s()]*):(\d+):\d+/g)]
    .map(([, url, line]) => ({url, line: Number(line)}))
    .filter((one) => one.url !== own);
  const here = () => linesOf(new Error());

  const nameOf = (target) => {
    if (target === window) return 'window';
    if (target instanceof WebSocket) return 'the WebSocket';
    return target.id ? `#${target.id}` : target.nodeName?.toLowerCase().replace('#', '') ?? '';
  };

  // One that a script sets, by addEventListener or as a property.
  class Handler {
    #target;

    #handler;

    constructor(target, type, handler, isProperty) {
      this.#target = target;
      this.#handler = handler;
      this.type = type;
      this.target = nameOf(target);
      this.at = here();
      this.isProperty = isProperty;
      this.isFunction = typeof handler === 'function' || typeof handler?.handleEvent === 'function';
      this.isKnown = `on${type}` in target || type in OTHER_EVENTS;
      this.hasRun = false;
      this.replacedAt = null; // the place where the property was set again, before it has run
    }

    isOn(target) { return this.#target === target; }

    calls(handler) { return this.#handler === handler; }
  }
  const OTHER_EVENTS = {DOMContentLoaded: 1, focusin: 1, focusout: 1, compositionend: 1};

  const addHandler = (target, type, handler, isProperty) => {
    if (handler !== null) record.handlers.push(new Handler(target, type, handler, isProperty));
  };
  const handlersOf = (target, type) => record.handlers.filter(
    (one) => one.isOn(target) && one.type === type);

  // A handler that does the same, and is recorded when it runs.
  const running = []; // the run that has begun last is the last one
  let failing = null; // the run that has ended with an exception
  const observers = new WeakMap();
  const observed = (handler) => {
    if (typeof handler !== 'function') return handler;
    if (!observers.has(handler)) {
      observers.set(handler, function observe(...options) {
        return call(this, options, handler);
      });
    }
    return observers.get(handler);
  };
  const call = (target, options, handler) => {
    const {type} = options[0] ?? {};
    const found = handlersOf(target, type).findLast((one) => one.calls(handler));
    if (!found) return handler.apply(target, options);
    found.hasRun = true;
    const run = {
      type, target: found.target, at: found.at, sent: [], changed: [], isPrevented: false,
      emptiedAt: [], addedAt: [],
    };
    const before = type === 'message' ? texts() : new Map();
    record.runs.push(run);
    running.push(run);
    let hasFailed = true;
    try {
      const result = handler.apply(target, options);
      hasFailed = false;
      return result;
    } finally {
      running.pop();
      failing = hasFailed ? failing ?? run : null;
      run.isPrevented = Boolean(options[0]?.defaultPrevented);
      if (before.size) run.changed = changedSince(before);
    }
  };
  // What the elements with an id show.
  const texts = () => new Map([...document.querySelectorAll('[id]')]
    .map((element) => [element, element.value ?? element.textContent]));
  const changedSince = (before) => [...before]
    .filter(([element, text]) => text !== (element.value ?? element.textContent))
    .map(([element]) => element.id);

  const {addEventListener, removeEventListener} = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function add(type, handler, ...rest) {
    addHandler(this ?? window, String(type), handler, false);
    return addEventListener.call(this ?? window, type, observed(handler), ...rest);
  };
  EventTarget.prototype.removeEventListener = function remove(type, handler, ...rest) {
    return removeEventListener.call(this ?? window, type, observed(handler), ...rest);
  };
  for (const owner of [
    window, Document.prototype, HTMLElement.prototype, HTMLBodyElement.prototype,
    WebSocket.prototype,
  ]) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (name.startsWith('on') && property.set) observeProperty(owner, name, property);
    }
  }
  function observeProperty(owner, name, {get, set}) {
    const originals = new WeakMap();
    Object.defineProperty(owner, name, {
      configurable: true,
      enumerable: true,
      get() {
        const current = get.call(this);
        return originals.get(current) ?? current;
      },
      set(handler) {
        const target = this ?? window;
        const last = handlersOf(target, name.slice(2)).findLast((one) => one.isProperty);
        if (last && !last.hasRun && last.isFunction) last.replacedAt = here();
        addHandler(target, name.slice(2), handler, true);
        const observer = observed(handler);
        if (observer !== handler) originals.set(observer, handler);
        set.call(target, observer);
      },
    });
  }

  const {createElement} = Document.prototype;
  Document.prototype.createElement = function create(tag, ...rest) {
    const element = createElement.call(this, tag, ...rest);
    record.created.push({element, tag: String(tag), at: here()});
    return element;
  };
  // Handlers that empty an input before they have sent anything, or that add to the log.
  for (const {prototype} of [HTMLInputElement, HTMLTextAreaElement]) {
    const value = Object.getOwnPropertyDescriptor(prototype, 'value');
    Object.defineProperty(prototype, 'value', {
      ...value,
      set(text) {
        running.forEach((run) => {
          if (this.id === 'chat-log') run.addedAt = here();
          else if (text === '' && this.value && !run.sent.length) run.emptiedAt = here();
        });
        value.set.call(this, text);
      },
    });
  }

  const listen = (target, type, listener, ...rest) => {
    addEventListener.call(target, type, listener, ...rest);
  };
  const addError = (message, error, isRejection, place) => {
    const [at = place, ...callers] = linesOf(error);
    const during = isRejection ? null : failing;
    failing = null;
    record.errors.push({message, ...at, callers, isRejection, during});
  };
  listen(window, 'error', (event) => {
    if (event.target === window) {
      addError(event.message, event.error, false, {url: event.filename, line: event.lineno});
    } else if (event.target.tagName === 'SCRIPT') {
      record.notLoaded.push(event.target.src);
    }
  }, true);
  listen(window, 'unhandledrejection', (event) => {
    addError(`${event.reason}`, event.reason, true, {url: '', line: 0});
  });
  listen(document, 'securitypolicyviolation', (event) => {
    record.refused.push(event.effectiveDirective);
  });
  listen(window, 'submit', (event) => {
    record.isSubmitted ||= !event.defaultPrevented;
  });
  if (window.navigation) listen(window.navigation, 'navigate', (event) => {
    const to = new URL(event.destination.url).pathname;
    const at = here();
    if (at.length) record.navigations.push({to, at, during: running.at(-1) ?? null});
  });
  listen(window, 'beforeunload', () => { record.isLeft = true; });
  listen(window, 'load', () => {
    record.isReady = true;
    record.ignored = [...document.scripts]
      .filter((script) => script.src && script.textContent.trim())
      .map((script) => script.getAttribute('src'));
  });

  // Nobody is there to answer.
  window.alert = () => {};
  window.confirm = () => true;
  window.prompt = (question, proposed) => proposed || 'Student';

  window.WebSocket = class WebSocket extends window.WebSocket {
    #record;

    constructor(...options) {
      const socket = {
        url: String(options[0]), isOpen: false, closeCode: null, isClosedByPage: false,
        sent: [], sentAt: [], received: [], at: here(), during: running.at(-1) ?? null,
        listens: false,
      };
      record.sockets.push(socket);
      super(...options); // raises SyntaxError for some addresses
      socket.url = this.url;
      this.#record = socket;
      listen(this, 'open', () => { socket.isOpen = true; });
      listen(this, 'message', (event) => {
        socket.listens ||= handlersOf(this, 'message').some((one) => one.isFunction);
        socket.received.push(String(event.data));
      });
      listen(this, 'close', (event) => {
        socket.isOpen = false;
        socket.closeCode = event.code;
      });
    }

    close(...options) {
      this.#record.isClosedByPage = true;
      super.close(...options);
    }

    send(data) {
      super.send(data); // raises InvalidStateError before the WebSocket is open
      this.#record.sent.push(String(data));
      this.#record.sentAt.push(here());
      running.forEach((run) => run.sent.push(String(data)));
    }
  };
})();
