// Runs first in each of the learner's pages, in a frame of driver.js. Records the page's exceptions,
// and what passes through its WebSockets.

(() => {
  const driver = window.parent.pageRun;
  if (!driver || window.parent === window) return;
  const record = {
    path: location.pathname,
    errors: [], // exceptions that nothing has caught: ScriptError in run.py
    notLoaded: [], // addresses of scripts
    sockets: [], // {url, isOpen, closeCode, isClosedByPage, sent, received, listens}
    isReady: false, // the page and its scripts have been read
    isLeft: false, // for another page
  };
  driver.addRecord(window.frameElement, record);

  // The learner's lines are on the stack; an exception of JSON.parse has no others. One without a
  // stack in the page is a mistake in its syntax.
  const own = document.currentScript.src;
  const linesOf = (error) => [...(error?.stack ?? '').matchAll(/(https?:[^\s()]*):(\d+):\d+/g)]
    .map(([, url, line]) => ({url, line: Number(line)}))
    .filter((one) => one.url !== own);

  const addError = (message, error, isRejection, place) => {
    const [at = place, ...callers] = linesOf(error);
    record.errors.push({message, ...at, callers, isRejection});
  };

  window.addEventListener('error', (event) => {
    if (event.target === window) {
      addError(event.message, event.error, false, {url: event.filename, line: event.lineno});
    } else if (event.target.tagName === 'SCRIPT') {
      record.notLoaded.push(event.target.src);
    }
  }, true);
  window.addEventListener('unhandledrejection', (event) => {
    addError(`${event.reason}`, event.reason, true, {url: '', line: 0});
  });
  window.addEventListener('beforeunload', () => {
    record.isLeft = true;
  });
  window.addEventListener('load', () => {
    record.isReady = true;
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
        sent: [], received: [], listens: false,
      };
      record.sockets.push(socket);
      super(...options); // raises SyntaxError for some addresses
      socket.url = this.url;
      this.#record = socket;
      super.addEventListener('open', () => { socket.isOpen = true; });
      super.addEventListener('message', (event) => {
        socket.listens ||= this.onmessage !== null;
        socket.received.push(String(event.data));
      });
      super.addEventListener('close', (event) => {
        socket.isOpen = false;
        socket.closeCode = event.code;
      });
    }

    addEventListener(type, ...rest) {
      this.#record.listens ||= type === 'message';
      super.addEventListener(type, ...rest);
    }

    close(...options) {
      this.#record.isClosedByPage = true;
      super.close(...options);
    }

    send(data) {
      super.send(data); // raises InvalidStateError before the WebSocket is open
      this.#record.sent.push(String(data));
    }
  };
})();
