// The buttons: over the chart those that choose a journey, over the events those for the whole tape. Each tool is
// {key, name, act, render}.
import { button, element, write } from "./dom.js";
import { load, save } from "./files.js";
import { count } from "./words.js";

export function journeyTools(bar, { recorder, selection, chart, rooms, groups, schedule }) {
  const move = (step) => () => selection.move(step, recorder.tape, rooms.chosen);
  const chosen = () => recorder.tape.journeys.all.get(selection.chosen);
  const tools = {
    older: tool("← Older", "ArrowLeft", "The message before", move(-1)),
    newer: tool("Newer →", "ArrowRight", "The message after", move(1)),
    newest: tool("Newest", "n", "Follow the newest message", () => selection.latest()),
    replay: tool("Play again", "r", "Play its way again", () => chart.replay()),
    keep: tool("Keep", "k", "Keep this message when the tape drops it", () => keep(chosen(), schedule)),
  };
  tools.newest.render = () => (tools.newest.button.disabled = selection.following);
  tools.keep.render = () => {
    tools.keep.button.disabled = !chosen();
    tools.keep.button.setAttribute("aria-pressed", String(Boolean(chosen()?.kept)));
  };
  bar.append(...Object.values(tools).map((one) => one.button));
  const verbs = { freeze: ["f", "Freeze the group"], step: ["s", "One step"], thaw: ["t", "Thaw the group"] };
  for (const [verb, [key, name]] of Object.entries(verbs)) tools[verb] = { key, name, act: () => groups.act(verb) };
  return tools;
}

function keep(journey, schedule) {
  if (journey) journey.kept = !journey.kept;
  schedule();
}

export function tapeTools(bar, { recorder, send, schedule, selection, notice }) {
  const files = element("input", { type: "file", accept: ".json,application/json", hidden: true, id: "file" });
  const tools = {
    pause: tool("Pause", "p", "Pause or go on", () => (recorder.paused ? recorder.resume() : recorder.pause(), schedule())),
    clear: tool("Clear", "c", "Forget all events", () => (send({ do: "clear" }), recorder.clear(), schedule())),
    save: tool("Export", "e", "Save the events as a file", () => save(recorder.tape)),
    open: tool("Open a file", "o", "Look at a saved file", () => files.click()),
    live: tool("Back to live", "l", "Back from a file to what happens now", () => (recorder.goLive(), selection.latest())),
  };
  const say = (text) => Object.assign(notice, { textContent: text, hidden: !text });
  files.onchange = async () => {
    const [file] = files.files;
    files.value = "";
    if (file) await show(file);
  };
  async function show(file) {
    try {
      recorder.show(load(await file.text()), file.name);
      say("");
    } catch (error) {
      say(`${file.name}: ${error.message}`);
    }
    selection.latest();
  }
  tools.pause.render = () => {
    write(tools.pause.button, recorder.paused ? `Go on (${count(recorder.missed, "new event")})` : "Pause");
    tools.pause.button.setAttribute("aria-pressed", String(recorder.paused));
  };
  tools.clear.render = () => (tools.clear.button.disabled = Boolean(recorder.file)); // the live tape isn't in sight then
  tools.live.render = () => {
    tools.live.button.hidden = !recorder.file;
    if (recorder.file) say(`You look at the file ${recorder.file}, not at what happens now.`);
    else if (notice.textContent.startsWith("You look at")) say("");
  };
  bar.append(...Object.values(tools).map((one) => one.button), files);
  return tools;
}

function tool(label, key, name, act) {
  return { key, name, act, button: button(label, act, { title: name }) };
}
