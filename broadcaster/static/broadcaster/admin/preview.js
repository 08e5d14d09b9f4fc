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
  return milliseconds(offset.value.trim()) || 0; // a wrong one is as none
}

/** Return a span, "h:mm:ss", "mm:ss" or seconds, in milliseconds; NaN if it is none. */
function milliseconds(text) {
  const parts = text.replace(/^-/, "").split(":");
  const span = 1000 * parts.reduce((sum, part) => 60 * sum + Number(part || NaN), 0);
  return text.startsWith("-") ? -span : span;
}

/** Return a span as "1:05:00". */
function elapsed(span) {
  const seconds = Math.floor(span / 1000);
  const two = (n) => String(n % 60).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60))}:${two(seconds)}`;
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
    entry.querySelector("button").textContent = elapsed(t);
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
