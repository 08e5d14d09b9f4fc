// The map in a frame: follows the broadcast, and draws the parts that the frame has.

import { draw, tag } from "../../broadcaster/rendering/drawing.js";
import { setLanguage } from "../../broadcaster/domain/translation.js";
import { follow, historyUntil } from "../follow/follow.js";
import { clock, status } from "../shared/wording.js";

const page = document.querySelector("main");
const data = JSON.parse(document.getElementById("broadcast").textContent);
const { address, startsAt, timeZone, election, snapshot } = data;
setLanguage(data.words);
const { session } = follow(data, {
  onEvents,
  onWaiting: () => drawStatus(navigator.onLine ? "reconnecting" : "offline"),
  onOver: () => drawStatus("outdated"),
});
let shown = session.replica; // the last one, while the session has none
let { corrected } = data; // units with a corrected call in this history
let { epoch } = snapshot;

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

function onEvents(events) {
  shown = session.replica ?? shown;
  if (events.some(([event]) => event === "snapshot" || event === "update")) {
    draw(page, shown.state, election);
    part("headline").textContent = shown.state.story.headline;
    part("headline").hidden = !shown.state.story.headline;
    for (const [event, data] of events) {
      if (event === "snapshot") fetchCorrected(data);
      else if (event === "update") drawCorrected([data]);
    }
  }
  drawStatus(shown.state.phase);
}

/** Mark also the units that these updates correct. */
function drawCorrected(updates) {
  const corrections = updates.filter(({ kind }) => kind === "correct");
  const units = corrections.flatMap(({ calls }) => Object.keys(calls ?? {}));
  corrected = [...new Set([...corrected, ...units])];
  tag(page, "data-corrected", corrected);
  part("corrected").hidden = !corrected.length;
  const row = (unit) => page.querySelector(`tr[data-unit="${unit}"] th`);
  part("corrected-units").textContent = corrected.map((unit) => row(unit).textContent).join(", ");
}

/** Mark the units corrected before a snapshot, which only the updates before it contain. */
async function fetchCorrected(snapshot) {
  if (snapshot.epoch !== epoch) corrected = [];
  epoch = snapshot.epoch;
  try {
    const { updates } = await historyUntil(address, snapshot);
    if (snapshot.epoch === epoch) drawCorrected(updates);
  } catch (error) {
    console.warn("The recording could not be loaded. Some corrections may not be marked.", error);
  }
}

function drawStatus(state) {
  if (shown.state.phase === "ended") state = "ended";
  else if (shown.state.election !== election.year) state = "outdated";
  const { words, at } = status(state, shown.at, startsAt);
  part("status").dataset.state = state;
  part("words").textContent = words;
  part("time").hidden = at === null;
  if (at === null) return;
  part("time").dateTime = new Date(at).toISOString();
  part("time").textContent = clock(at, Date.now(), timeZone, at !== startsAt);
}
