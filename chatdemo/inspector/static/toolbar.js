// The page's tools, each {key, name, run, button, render}: buttons above the chart and above the events, and keys.
import { button, element, setText } from "./common/dom.js";
import { formatCount } from "./format.js";
import { loadRecording, saveRecording } from "./recording-file.js";

const KEY_LABELS = { ArrowLeft: "←", ArrowRight: "→" };

// Choose, replay and pin a journey; freeze, step and thaw its group.
export function addJourneyTools(bar, { recordings, selection, chart, rooms, freezeControls, requestRender }) {
  const move = (step) => () => selection.move(step, recordings.shown, rooms.selected);
  const selected = () => recordings.shown.journeys.byId.get(selection.selectedId);
  const togglePin = () => {
    const journey = selected();
    if (journey) journey.isPinned = !journey.isPinned;
    requestRender();
  };
  const tools = {
    older: tool("← Older", "ArrowLeft", "Previous message", move(-1)),
    newer: tool("Newer →", "ArrowRight", "Next message", move(1)),
    newest: tool("Newest", "n", "Follow the newest message", () => selection.followNewest()),
    replay: tool("Play again", "r", "Play the path again", () => chart.playAgain()),
    pin: tool("Pin", "k", "Keep this message when older events are dropped", togglePin),
    freeze: { key: "f", name: "Freeze the group", run: () => freezeControls.runCommand("freeze") },
    step: { key: "s", name: "One step", run: () => freezeControls.runCommand("step") },
    thaw: { key: "t", name: "Thaw the group", run: () => freezeControls.runCommand("thaw") },
  };
  tools.newest.render = () => (tools.newest.button.disabled = selection.isFollowing);
  tools.pin.render = () => {
    tools.pin.button.disabled = !selected();
    tools.pin.button.setAttribute("aria-pressed", String(Boolean(selected()?.isPinned)));
  };
  addButtons(bar, tools);
  return tools;
}

// Pause, clear, export and open a recording.
export function addRecordingTools(bar, { recordings, send, requestRender, selection, notice }) {
  const fileInput = element("input", { type: "file", accept: ".json,application/json", hidden: true, id: "file" });
  const togglePause = () => {
    recordings.togglePause();
    requestRender();
  };
  const clear = () => {
    send({ do: "clear" });
    recordings.clear();
    recordings.live.clearProblems();
    requestRender();
  };
  const showLive = () => {
    recordings.showLive();
    showNotice("");
    selection.followNewest();
  };
  const tools = {
    pause: tool("Pause", "p", "Pause or continue", togglePause),
    clear: tool("Clear", "c", "Delete all events", clear),
    save: tool("Export", "e", "Save the events to a file", () => saveRecording(recordings.shown)),
    open: tool("Open a file", "o", "View a saved file", () => fileInput.click()),
    live: tool("Back to live", "l", "Close the file and show live events", showLive),
  };
  const showNotice = (text) => Object.assign(notice, { textContent: text, hidden: !text });
  fileInput.onchange = async () => {
    const [file] = fileInput.files;
    fileInput.value = ""; // so that the same file can be chosen again
    if (!file) return;
    try {
      recordings.showFile(loadRecording(await file.text()), file.name);
      showNotice(`Viewing file ${file.name}. Not live.`);
    } catch (error) {
      showNotice(`${file.name}: ${error.message}`);
    }
    selection.followNewest();
  };
  tools.pause.render = () => {
    setText(tools.pause.button, recordings.isPaused ? `Continue (${formatCount(recordings.waitingEvents, "new event")})` : "Pause");
    tools.pause.button.setAttribute("aria-pressed", String(recordings.isPaused));
  };
  tools.clear.render = () => (tools.clear.button.disabled = Boolean(recordings.fileName)); // it would clear the live events
  tools.live.render = () => (tools.live.button.hidden = !recordings.fileName);
  addButtons(bar, tools);
  bar.append(fileInput);
  return tools;
}

function tool(label, key, name, run) {
  return { key, name, run, button: button(label, run, { title: name }) };
}

function addButtons(bar, tools) {
  bar.append(...Object.values(tools).map((tool) => tool.button).filter(Boolean));
}

// Each tool has a key, except while the visitor types. The keys can be switched off: with speech input or unsteady hands
// they are pressed by accident (WCAG 2.2, 2.1.4). The keys are listed in `list`.
export function bindKeys(list, tools) {
  const all = Object.values(tools);
  const isOn = element("input", { type: "checkbox", checked: true, id: "keys-on" });
  list.before(element("label", { className: "switch" }, isOn, " Use these keys"));
  list.append(...all.flatMap(({ key, name }) => [element("dt", {}, element("kbd", { textContent: KEY_LABELS[key] ?? key })), element("dd", { textContent: name })]));
  document.addEventListener("keydown", (event) => {
    if (!isOn.checked || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
    const tool = all.find(({ key }) => key === event.key);
    if (!tool || tool.button?.disabled || tool.button?.hidden) return;
    event.preventDefault();
    tool.run();
  });
}
