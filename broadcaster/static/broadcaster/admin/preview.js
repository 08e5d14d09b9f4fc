// A recording beside a video: the map follows the video's clock, shifted by the form's offset.

import { draw } from "../rendering/drawing.js";
import { contestsOf, stateOf } from "../domain/replica.js";
import { Recording } from "../domain/recording.js";

const data = JSON.parse(document.getElementById("preview-data").textContent);
const contests = contestsOf(data.contests);
const recording = new Recording(data.recording);
const preview = document.querySelector(".preview");
const video = preview.querySelector("video");
const offset = document.getElementById("id_offset");
const entries = [...preview.querySelectorAll("[data-t]")];
let shownSeq = 0;

/** Return by how many milliseconds updates come later than in the recording. */
function offsetMilliseconds() {
  return (Number(offset.value) || 0) * 1000;
}

function show() {
  const seq = recording.seqAt(Math.round(video.currentTime * 1000) - offsetMilliseconds());
  if (seq === shownSeq) return;
  shownSeq = seq;
  const state = recording.states[seq];
  for (const picture of preview.querySelectorAll("[data-picture]")) {
    const key = picture.dataset.picture;
    draw(picture, stateOf(state, key), contests[key]);
  }
  preview.querySelector('[data-part="headline"]').textContent = state.story.headline;
  entries.forEach((entry, i) => entry.toggleAttribute("data-now", i === seq - 1));
}

/** Show the times as they will be in the file. Updates before 0 are in its first map. */
function showTimes() {
  for (const entry of entries) {
    const t = Number(entry.dataset.t) + offsetMilliseconds();
    entry.hidden = t < 0;
    entry.querySelector("button").textContent = `${(t / 1000).toFixed(1)} s`;
  }
}

for (const event of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(event, show);
video.addEventListener("error", () => {
  preview.querySelector('[data-part="failed"]').hidden = false;
});
offset.addEventListener("input", () => {
  showTimes();
  show();
});
preview.addEventListener("click", ({ target }) => {
  const entry = target.closest("[data-t]");
  if (entry && target.matches("button")) {
    video.currentTime = (Number(entry.dataset.t) + offsetMilliseconds()) / 1000;
  }
});
showTimes();
show();
