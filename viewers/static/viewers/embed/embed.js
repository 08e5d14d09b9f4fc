// The map in a frame: follows the broadcast, and draws the parts that the frame has.

import {
  draw,
  nameOfPlace,
  racesIn,
  tag,
} from "../../broadcaster/rendering/drawing.js";
import { contestsOf, placesOf, stateOf } from "../../broadcaster/domain/replica.js";
import { setLanguage } from "../../broadcaster/domain/translation.js";
import { follow, historyUntil } from "../follow/follow.js";
import { ContestPieces, drawTabs } from "../shared/contest_pieces.js";
import { clock, status } from "../shared/wording.js";

const page = document.querySelector("main");
const data = JSON.parse(document.getElementById("broadcast").textContent);
const { address, startsAt, timeZone, snapshot } = data;
setLanguage(data.words);
const contests = contestsOf(data.contests);
const pieces = new ContestPieces(page, data, contests);
let chosen = data.pinned; // the contest of the frame's address or of a tab; "": the broadcast's
let isOutdated = false; // whether the contests are others than those of this page
const follower = follow(
  { ...data, contests },
  {
    onEvents,
    onWaiting: () => drawStatus(navigator.onLine ? "reconnecting" : "offline"),
    onOver: () => drawStatus("outdated"),
  },
);
const { session } = follower;
let shown = session.replica; // the last one, while the session has none
let { corrected } = data; // races with a corrected call in this history, as "contest/race"
let { epoch } = snapshot;

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

function onEvents(events) {
  shown = session.replica ?? shown;
  if (events.some(([event]) => event === "snapshot" || event === "update")) {
    drawAll();
    part("headline").textContent = shown.state.story.headline;
    part("headline").hidden = !shown.state.story.headline;
    for (const [event, data] of events) {
      if (event === "snapshot") {
        fetchCorrected(data);
        compareContests(data.contests);
      } else if (event === "update") drawCorrected([data]);
    }
  }
  drawStatus(shown.state.phase);
}

/** Draw the contest that is in the page, and put the one there that is to be shown. */
function drawAll() {
  const { state } = shown;
  const { contest } = state.view;
  const wanted = chosen || (contest in contests ? contest : pieces.shown);
  if (wanted !== pieces.shown) changeContest(wanted);
  draw(page, stateOf(state, pieces.shown), contests[pieces.shown]);
  drawTabs(page, contests, state.calls, pieces.shown);
  tag(page, "data-corrected", racesIn(pieces.shown, corrected));
}

async function changeContest(key) {
  try {
    if (await pieces.show(key)) drawAll();
  } catch (error) {
    console.warn("A contest could not be loaded.", error); // the next update tries again
  }
}

/** After a snapshot: load contests whose names or looks were corrected. */
async function compareContests(digests) {
  try {
    const changed = await pieces.update(digests);
    isOutdated = changed === null;
    if (isOutdated) follower.stop(); // its sums would differ from the server's
    else if (changed.length) drawAll();
  } catch (error) {
    console.warn("Corrected names could not be loaded.", error);
  }
  drawStatus(shown.state.phase);
}

/** Mark also the races that these updates correct. */
function drawCorrected(updates) {
  const corrections = updates.filter(({ kind }) => kind === "correct");
  const places = corrections.flatMap(({ calls }) => placesOf(calls));
  corrected = [...new Set([...corrected, ...places])];
  tag(page, "data-corrected", racesIn(pieces.shown, corrected));
  part("corrected").hidden = !corrected.length;
  const names = corrected.map((place) => nameOfPlace(place, contests));
  part("corrected-units").textContent = names.join(", ");
}

/** Mark the races corrected before a snapshot, which only the updates before it contain. */
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
  else if (isOutdated) state = "outdated";
  const { words, at } = status(state, shown.at, startsAt);
  part("status").dataset.state = state;
  part("words").textContent = words;
  part("time").hidden = at === null;
  if (at === null) return;
  part("time").dateTime = new Date(at).toISOString();
  part("time").textContent = clock(at, Date.now(), timeZone, at !== startsAt);
}

page.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-contest]");
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  chosen = tab.dataset.contest;
  drawAll();
});
if (Object.keys(contests).length > 1) pieces.prefetch();
