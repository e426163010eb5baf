// Opens the learner's pages in frames, types into them as a person does, and reports what happens.
//
// The report has `index` (null without an index page) and `room` (null without a room's page).

const STAYS_SECONDS = 1; // for which a room's page is watched
const INDEX_IDS = ['room-name-input', 'room-name-submit'];
const ROOM_IDS = ['chat-log', 'chat-message-input', 'chat-message-submit'];
const TUTORIAL_IDS = [...INDEX_IDS, ...ROOM_IDS];
const job = JSON.parse(document.getElementById('job').textContent);
const recordsByFrame = new Map(); // of each document that a frame has loaded, in order

window.pageRun = {
  addRecord(frame, record) {
    recordsByFrame.set(frame, [...(recordsByFrame.get(frame) || []), record]);
  },
};

const records = (frame) => recordsByFrame.get(frame) || [];
// What several documents have recorded of one kind: errors, notLoaded or sockets.
const recorded = (documents, kind) => documents.flatMap((record) => record[kind]);
const sockets = (frame) => recorded(records(frame), 'sockets');
// Whether a script has raised an exception: then the page is faulty, and nothing more is waited for.
const hasFailed = (frame) => recorded(records(frame), 'errors').some((error) => !error.isRejection);

async function until(condition, seconds) {
  const end = performance.now() + 1000 * seconds;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  return true;
}

async function open(path) {
  const frame = document.createElement('iframe');
  frame.src = path;
  document.body.append(frame);
  await until(() => records(frame).some((record) => record.isReady), job.loadSeconds);
  return frame;
}

const all = (frame, id) => [
  ...frame.contentDocument?.querySelectorAll(`[id="${id}"]`) ?? []];

// The element with the id that a person sees. A script gets the first one.
function find(frame, id) {
  const elements = all(frame, id);
  return elements.find(isVisible) ?? elements.at(0) ?? onlyOfKind(frame, id);
}

// A page may have other ids, and work. Then the only element of its kind that a person sees is
// meant, and for the log the whole page.
const KINDS = {
  input: 'input:not([type]), input[type=text], input[type=search], textarea:not([readonly])',
  submit: 'button, input[type=button], input[type=submit]',
};
function onlyOfKind(frame, id) {
  const page = frame.contentDocument;
  if (id === 'chat-log') return page?.body ?? null;
  const found = [...page?.querySelectorAll(KINDS[id.split('-').at(-1)] ?? ':not(*)') ?? []]
    .filter((element) => isVisible(element) && !TUTORIAL_IDS.includes(element.id));
  return found.length === 1 ? found[0] : null;
}

const isVisible = (element) => element.type !== 'hidden' && element.checkVisibility();

// The ids that no element has, those that elements have, of the wanted ones those that several
// elements have, and those of elements that can't be seen. `inside` is the tag that the rest of the
// page is in, as it was never closed: "<!--" is a comment.
function missingElements(frame, ids) {
  const missing = ids.filter((id) => !all(frame, id).length);
  const page = frame.contentDocument ?? new Document();
  const present = [...page.querySelectorAll('[id]')].map((element) => element.id);
  return {
    missing,
    ids: present,
    repeated: ids.filter((id) => all(frame, id).length > 1),
    hidden: ids.filter((id) => all(frame, id).length && !isVisible(find(frame, id))),
    inside: unclosedTag(page),
  };
}

function unclosedTag(page) {
  const nodes = page.createTreeWalker(page, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  while (nodes.nextNode()) {
    const node = nodes.currentNode;
    const isText = node.nodeType === Node.COMMENT_NODE
      || ['SCRIPT', 'STYLE', 'TEXTAREA', 'TITLE'].includes(node.tagName);
    if (isText && /<\/(body|html)\s*>/i.test(node.textContent)) {
      return node.nodeType === Node.COMMENT_NODE ? '<!--' : `<${node.tagName.toLowerCase()}>`;
    }
  }
  return '';
}

const key = (name, options) => new KeyboardEvent(
  name, {bubbles: true, cancelable: true, ...options});

// Types a text, key by key. As in a browser, a key that a script refuses adds nothing, and neither
// does one in an element that can't be edited.
function type(input, text) {
  const isEditable = 'value' in input && !input.readOnly && !input.disabled;
  input.focus();
  if (isEditable) input.value = '';
  for (const character of text) {
    const isWanted = input.dispatchEvent(key('keydown', {key: character}));
    if (isEditable && isWanted) {
      input.value += character;
      input.dispatchEvent(new InputEvent('input', {bubbles: true, data: character}));
    }
    input.dispatchEvent(key('keyup', {key: character}));
  }
}

// A script's key events have no effect of the browser's own, so what Enter does in a form is done
// here: it clicks the form's submit button, or submits the form (HTML, "implicit submission").
function pressEnter(input) {
  const options = {key: 'Enter', code: 'Enter', keyCode: 13, which: 13};
  const isWanted = ['keydown', 'keypress']
    .map((name) => input.dispatchEvent(key(name, options)))
    .every(Boolean);
  if (isWanted && input.form && input.tagName === 'INPUT') submit(input.form);
  input.dispatchEvent(key('keyup', options));
}

function submit(form) {
  const buttons = [...form.elements].filter((element) => element.type === 'submit');
  if (buttons.length) buttons[0].click();
  else form.requestSubmit();
}

const WAYS = {
  enter: (input) => pressEnter(input),
  button: (input, button) => button.click(),
};
const EVENTS = {enter: ['keydown', 'keypress', 'keyup'], button: ['click']};

// Uses an element: what has run then. `isSet`: a handler was set on it, or on what it is in.
function observeUse(frame, way, input, button) {
  const record = records(frame).at(-1);
  const element = {enter: input, button}[way];
  const path = [];
  for (let one = element; one; one = one.parentNode) path.push(one);
  path.push(frame.contentWindow);
  const isSet = EVENTS[way].some((type) => path.some((target) => target[`on${type}`]
    || record.handlers.some((one) => one.type === type && one.isOn(target))));
  const before = record.runs.length;
  WAYS[way](input, button);
  return {
    isSet,
    disabled: [input, button].filter((one) => one.disabled).map((one) => one.id),
    ran: record.runs.slice(before).filter((run) => EVENTS[way].includes(run.type)
      || run.type === 'click' || run.type === 'submit'),
  };
}

// Of what documents have recorded, what the report has.
const summary = (documents) => ({
  path: documents.at(0)?.path ?? '',
  last: documents.at(-1)?.path ?? '',
  errors: recorded(documents, 'errors'),
  notLoaded: recorded(documents, 'notLoaded'),
  sockets: recorded(documents, 'sockets'),
  refused: recorded(documents, 'refused'),
  handlers: recorded(documents, 'handlers'),
  runs: recorded(documents, 'runs').filter((run) => run.type === 'message').slice(-1),
  navigations: recorded(documents, 'navigations'),
  ignored: recorded(documents, 'ignored'),
  unattached: recorded(documents, 'created')
    .filter(({element}) => !element.isConnected).map(({tag, at}) => ({tag, at})),
  keysRefusedAt: recorded(documents, 'runs')
    .find((run) => run.isPrevented && ['keydown', 'keypress'].includes(run.type))?.at ?? [],
  isSubmitted: documents.some((record) => record.isSubmitted),
});

// Whether the page has opened another one, or itself again.
const isLeft = (frame) => records(frame).length > 1
  || records(frame).some((record) => record.isLeft);

async function runIndexPage() {
  const frame = await open(job.index);
  const report = missingElements(frame, INDEX_IDS);
  report.isLeft = isLeft(frame);
  report.opened = {};
  report.uses = {};
  if (!INDEX_IDS.every((id) => find(frame, id)) || report.isLeft || hasFailed(frame)) {
    return {...report, ...summary(records(frame))};
  }
  const documents = [];
  for (const name of Object.keys(WAYS)) {
    const own = name === 'enter' ? frame : await open(job.index);
    const opened = () => records(own).length > 1;
    type(find(own, 'room-name-input'), job.roomName);
    report.uses[name] = observeUse(
      own, name, find(own, 'room-name-input'), find(own, 'room-name-submit'));
    await until(() => opened() || hasFailed(own), job.answerSeconds);
    const last = records(own).at(-1);
    report.opened[name] = opened() ? decodeURIComponent(last?.path ?? '') : null;
    documents.push(...records(own).slice(0, 1));
    own.remove();
  }
  return {...report, ...summary(documents)};
}

// Whether the browser shows an element's value: a script can set `value` of any element.
const isField = (element) => ['TEXTAREA', 'INPUT'].includes(element.tagName);

const logOf = (frame) => {
  const log = find(frame, 'chat-log');
  if (!log) return '';
  return isField(log) ? log.value : log.innerText;
};

// The lines that have sent a text, each time: in frames of one kind, as others may be drafts of it.
function sendersOf(frame, text) {
  const sent = sockets(frame).flatMap((socket) => socket.sent.map(
    (data, number) => ({data, at: socket.sentAt[number]}))).filter(({data}) => isIn(text)(data));
  return sent.filter(({data}) => kindOf(data) === kindOf(sent.at(-1).data)).map(({at}) => at);
}

// The keys of a frame, and what says of which type it is.
function kindOf(data) {
  try {
    const content = JSON.parse(data);
    return [...Object.keys(content), content.type, content.kind, content.action].join();
  } catch {
    return '';
  }
}

// How often the log has a text. Of a page without one it isn't known: it may repeat a message.
const timesIn = (frame, text) => (all(frame, 'chat-log').length
  ? logOf(frame).split(text).length - 1 : 1);

// Says something in the room: whether it was sent, and whether it is in the log here and there.
async function say(text, way, here, there) {
  const isSent = () => sockets(here).some((socket) => socket.sent.some(isIn(text)));
  const input = find(here, 'chat-message-input');
  type(input, text);
  const isTyped = input.value === text;
  const isEarly = sockets(here).some((socket) => socket.sent.some(isPartOf(text)));
  const countSent = () => sockets(here).reduce((sum, socket) => sum + socket.sent.length, 0);
  const before = countSent();
  const button = find(here, 'chat-message-submit');
  const known = knownTexts(here, input, button);
  const use = observeUse(here, way, input, button);
  await until(() => isSent() || isLeft(here) || hasFailed(here), job.answerSeconds / 2);
  if (isSent()) {
    const both = (condition) => () => hasFailed(here) || [here, there].every(condition);
    const isReceivedIn = (frame) => sockets(frame).some(
      (socket) => socket.received.some(isIn(text)));
    await until(both(isReceivedIn), job.answerSeconds);
    await until(both((frame) => logOf(frame).includes(text)), job.answerSeconds / 2);
  }
  return {
    isSent: isSent(),
    sentBy: sendersOf(here, text),
    timesHere: timesIn(here, text),
    timesThere: timesIn(there, text),
    hasSent: countSent() > before,
    isEarly,
    isTyped,
    isHere: logOf(here).includes(text),
    isThere: logOf(there).includes(text),
    known,
    ...use,
  };
}

// What else than the typed text a page may send, by the words for it.
const knownTexts = (frame, input, button) => ({
  'an empty text': '',
  'the value of the button': button.value ?? '',
  "the button's text": button.textContent,
  "the input's placeholder": input.placeholder ?? '',
  'the whole log': logOf(frame),
  "the room's name": job.roomName,
});

// Whether a frame has the text, which has no character that JSON escapes.
const isIn = (text) => (frame) => frame.includes(text);

// Whether a frame has a message that is a part of the text.
const isPartOf = (text) => (frame) => {
  try {
    const {message} = JSON.parse(frame);
    return typeof message === 'string' && message !== '' && text.includes(message);
  } catch {
    return false;
  }
};

async function runRoomPage() {
  const opened = performance.now() / 1000;
  const [here, there, elsewhere] = await Promise.all([job.room, job.room, job.otherRoom].map(open));
  const report = missingElements(here, ROOM_IDS);
  const isAnswered = (frame) => sockets(frame).some(
    (socket) => socket.isOpen || socket.closeCode !== null);
  await until(() => sockets(here).length || hasFailed(here), job.answerSeconds / 2);
  if (sockets(here).length) {
    await until(() => isAnswered(here) && isAnswered(there), job.answerSeconds);
  }
  report.otherUrl = sockets(elsewhere).at(0)?.url ?? null;
  report.said = {};
  report.isLeft = isLeft(here);
  if (ROOM_IDS.every((id) => find(here, id)) && !report.isLeft && !hasFailed(here)) {
    for (const name of Object.keys(WAYS)) {
      const said = await say(job.texts[name], name, here, there);
      report.said[name] = said;
      const isShown = said.isHere && said.isThere;
      if (isLeft(here) || hasFailed(here) || (said.isSent && !isShown)) break;
    }
    report.isKept = logOf(here).includes(job.texts.enter);
    report.log = logOf(here).slice(-300);
    report.isValue = isField(find(here, 'chat-log'));
    const way = Object.keys(WAYS).find((name) => report.said[name]?.isHere);
    report.isMarkup = Boolean(way) && !isLeft(here) && await becomesMarkup(WAYS[way], here, there);
  }
  // A page may open another one by itself, after a time.
  await until(() => isLeft(here) || hasFailed(here), opened + STAYS_SECONDS - performance.now() / 1000);
  report.wasReloaded = isLeft(here);
  return {...report, ...summary(records(here))};
}

// Whether what one participant types becomes an element of the others' pages: it could be a script.
async function becomesMarkup(use, here, there) {
  const element = (frame) => frame.contentDocument?.querySelector('img[onerror][alt="typed"]');
  const before = logOf(there).length;
  type(find(here, 'chat-message-input'), '<img src="" alt="typed" onerror="0">typed');
  use(find(here, 'chat-message-input'), find(here, 'chat-message-submit'));
  await until(() => element(there) || element(here) || logOf(there).length > before,
    job.answerSeconds / 2);
  return Boolean(element(there) || element(here));
}

// The server learns from this that no script keeps the browser busy: all frames share one thread.
const timer = setInterval(() => { fetch(job.alive); }, 500);

const report = {
  index: job.index && await runIndexPage(),
  room: job.room && await runRoomPage(),
};
clearInterval(timer);
document.body.replaceChildren();
await fetch(job.report, {method: 'POST', body: JSON.stringify(report)});
location.reload(); // The answer comes when there is another job.
