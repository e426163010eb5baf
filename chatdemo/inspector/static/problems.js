// What went wrong, the newest first: each kind of fault once, with its line, what to do, and the message it belongs to.
import { button, element, setText } from "./common/dom.js";
import { formatCount, formatMinute, formatTime } from "./format.js";
import { sourceLine, tracebackList } from "./event-detail.js";
import { syncList } from "./list-elements.js";

const FIRST_PROBLEMS = 3;

export class ProblemList {
  // `onJourney(id)` is called for a problem whose message the visitor wants to see.
  constructor(root, requestRender, onJourney) {
    this.root = root;
    this.requestRender = requestRender;
    this.onJourney = onJourney;
    this.dismissed = new Map(); // when each was dismissed: one that happens again comes back
    this.showsAll = false;
    this.list = element("ul", { className: "troubles", ariaLabel: "Problems" });
    this.more = button("", () => this.showAll());
    root.append(this.list, this.more);
  }

  showAll() {
    this.showsAll = true;
    this.requestRender();
  }

  render(recording) {
    const key = ({ number, first }) => `${recording.epoch} ${number} ${first}`;
    const problems = [...recording.problems.values()].filter((problem) => !(this.dismissed.get(key(problem)) >= problem.last));
    problems.sort((one, other) => other.last - one.last || other.number - one.number);
    const shown = this.showsAll ? problems : problems.slice(0, FIRST_PROBLEMS);
    const dismiss = (problem) => {
      this.dismissed.set(key(problem), problem.last);
      this.requestRender();
    };
    syncList(this.list, shown, key, () => this.makeItem(dismiss), (item, problem) => updateItem(item, problem, recording));
    this.more.hidden = shown.length === problems.length;
    setText(this.more, `Show all ${problems.length} problems`);
    this.root.hidden = problems.length === 0;
  }

  makeItem(dismiss) {
    const item = element("li", {}, element("div", { className: "problem" }),
      element("p", { className: "tools" },
        button("See the message", () => this.onJourney(item.problem.journey), { className: "see" }),
        button("Dismiss", () => dismiss(item.problem))));
    return item;
  }
}

// The buttons stay the same elements, as what is said may change while one of them is clicked.
function updateItem(item, problem, recording) {
  item.querySelector(".see").hidden = !recording.journeys.byId.has(problem.journey);
  if (item.problem?.version === problem.version) return;
  item.problem = problem;
  item.dataset.kind = problem.kind;
  item.firstElementChild.replaceChildren(...describe(problem));
}

function describe({ text, last, count, saved, source, remedy, traceback }) {
  const times = count > 1 ? element("span", { className: "times", textContent: formatCount(count, "time") }) : null;
  const before = saved ? element("span", { className: "times", textContent: `before the save at ${formatMinute(saved)}` }) : null;
  const head = element("p", {}, element("time", { textContent: formatTime(last) }), " ", times, times && " ", before, before && " ",
    element("strong", { dir: "auto", textContent: text }));
  const parts = [head, source ? sourceLine(source) : null, remedy ? element("p", { className: "remedy", textContent: remedy }) : null];
  if (traceback?.length > 1) parts.push(element("details", {}, element("summary", { textContent: "Traceback" }), tracebackList(traceback)));
  return parts.filter(Boolean);
}
