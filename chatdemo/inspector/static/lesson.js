// The chart under a lesson's tabs: for each element with data-feed, the chart of the room whose feed has that address.
import { button, element } from "./common/dom.js";
import { Chart } from "./chart.js";
import { EventDetail } from "./event-detail.js";
import { Feed } from "./feed.js";
import { FreezeControls } from "./groups.js";
import { JourneySelection } from "./journeys.js";
import { ProblemList } from "./problems.js";
import { Recording } from "./recording.js";

const NO_MESSAGE = "Send a message in one of the tabs. Its path appears here.";
const NOBODY = "Nobody is connected to this room yet.";

function addChart(root) {
  let frame = null;
  const requestRender = () => (frame ??= requestAnimationFrame(render));
  const recording = new Recording();
  const selection = new JourneySelection(requestRender);
  const bar = element("div", { className: "chart-bar" });
  const problemsRoot = element("div", { className: "problems", hidden: true });
  const problems = new ProblemList(problemsRoot, requestRender, (journey) => selection.choose(journey));
  root.classList.add("chart");
  root.append(bar, problemsRoot);
  const chart = new Chart(root, new EventDetail("Point at an arrow, or move to it with the keyboard, to see what it carries."));
  const newest = button("Newest", () => selection.followNewest());
  bar.append(
    button("← Older", () => selection.move(-1, recording)),
    button("Newer →", () => selection.move(1, recording)),
    newest,
    button("Play again", () => chart.playAgain()),
  );
  const freezeControls = new FreezeControls(bar, (command) => feed.send(command));
  const status = element("p", { className: "connection" });
  bar.append(status);
  const feed = new Feed(root.dataset.feed, status, (message) => {
    feed.apply(recording, message);
    requestRender();
  });

  function render() {
    frame = null;
    const journey = selection.update(recording);
    const place = journey?.room ?? recording.newestPlace();
    chart.render(recording, journey, place, recording.state.connections.length ? NO_MESSAGE : NOBODY);
    freezeControls.render(recording.state.groups);
    problems.render(recording);
    newest.disabled = selection.isFollowing;
  }
  requestRender();
}

for (const root of document.querySelectorAll("[data-feed]")) addChart(root);
