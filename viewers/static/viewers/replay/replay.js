// The replay page: a recording with a time line. All its data is in one file.

import { draw, drawUndecided } from "../../broadcaster/rendering/drawing.js";
import { contestsOf, nameOfPlace, stateOf } from "../../broadcaster/domain/replica.js";
import { Recording } from "../../broadcaster/domain/recording.js";
import { setLanguage } from "../../broadcaster/domain/translation.js";
import { Player } from "./player.js";
import { ContestPieces, drawTabs } from "../shared/contest_pieces.js";
import { share } from "../shared/share.js";
import { drawStory, foldTexts } from "../shared/story.js";
import { clock, elapsed, undecided, undecidedTexts } from "../shared/wording.js";

const STEP = 10_000; // milliseconds that an arrow key moves
const MINUTE = 60_000; // milliseconds
const TICK = [40, 250]; // milliseconds between looks at the clock, at least and at most

const page = document.querySelector("main");
const data = JSON.parse(document.getElementById("replay").textContent);
const { file, from, timeZone, moment, rebroadcast, words } = data;
setLanguage(words);
const contests = contestsOf(data.contests);
const pieces = new ContestPieces(page, data, contests);
let chosen = new URLSearchParams(location.search).get("contest"); // by the viewer; null: the show's
const entries = [...page.querySelectorAll("[data-seq]")]; // of the log, newest first
const slider = part("slider");
let recording, player;
let shown = null; // seq
let drawnMinute = 0; // of the time in the recording
let clockOffset = 0; // milliseconds that the server's clock is ahead of this one
let isJoined = false; // whether the page follows the rebroadcast's common clock
let timer = null;

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

function now() {
  return Date.now() + clockOffset;
}

// Drawing

function show() {
  const t = player.at(now());
  if (isJoined && t >= player.duration) isJoined = false;
  if (player.playing && t >= player.duration) player.pause(now());
  drawControls(t);
  if (rebroadcast) drawRebroadcast(t);
  const seq = recording.seqAt(t);
  const minute = Math.floor(t / MINUTE);
  if (seq !== shown) drawMap(seq);
  else if (minute !== drawnMinute) drawStillToDecide(); // closing times pass
  drawnMinute = minute;
  clearTimeout(timer);
  if (player.playing) timer = setTimeout(show, pace());
}

function pace() {
  return Math.min(Math.max(1000 / player.speed, TICK[0]), TICK[1]);
}

function drawControls(t) {
  const at = Math.max(t, 0);
  const when = clock(recording.began + at, Date.now(), timeZone);
  part("time").textContent = when;
  part("time").dateTime = new Date(recording.began + at).toISOString();
  part("elapsed").textContent = elapsed(at);
  slider.value = Math.floor(at / 1000);
  slider.setAttribute("aria-valuetext", `${elapsed(at)}, ${when}`);
  const play = page.querySelector('[data-action="play"]');
  const isOver = at >= player.duration;
  play.dataset.does = player.playing ? "pause" : isOver ? "again" : "play";
  part("ending")?.toggleAttribute("data-over", isOver);
  part("speed").value = String(player.speed);
}

function drawRebroadcast(t) {
  const hasBegun = t >= 0;
  part("player").hidden = part("log").hidden = !hasBegun;
  part("coming").hidden = hasBegun;
  part("countdown").textContent = elapsed(Math.max(999 - t, 0));
  part("together").hidden = !(hasBegun && isJoined);
  part("left").hidden = isJoined || now() >= rebroadcast.endsAt;
}

function drawMap(seq) {
  shown = seq;
  drawContest();
  drawStory(page, recording.states[seq], contests, pieces.shown);
  for (const entry of entries) {
    const at = Number(entry.dataset.seq);
    entry.toggleAttribute("data-later", at > seq);
    entry.toggleAttribute("data-now", at === seq);
  }
  const later = Object.entries(recording.laterCorrected(seq)).flatMap(([key, races]) =>
    Object.keys(races).map((race) => nameOfPlace(`${key}/${race}`, contests)),
  );
  part("later").hidden = !later.length;
  part("later-units").textContent = later.join(", ");
  part("share").hidden = !seq; // a rebroadcast that has not begun
}

/** Draw the contest that is in the page, and put the one there that is to be shown. */
function drawContest() {
  const state = recording.states[shown];
  const { contest } = state.view;
  const wanted = chosen ?? contest;
  if (wanted in contests && wanted !== pieces.shown) changeContest(wanted);
  draw(page, stateOf(state, pieces.shown), contests[pieces.shown]);
  drawTabs(page, contests, state.calls, pieces.shown);
  drawStillToDecide();
  const isSeveral = Object.keys(contests).length > 1;
  part("share").href = moment + shown + (isSeveral ? `&contest=${pieces.shown}` : "");
}

/** Draw the races that were to be called at this time. */
function drawStillToDecide() {
  const here = stateOf(recording.states[shown], pieces.shown);
  const contest = contests[pieces.shown];
  const at = recording.began + Math.max(player.at(now()), 0);
  drawUndecided(page, undecided(contest, here.calls), (race) =>
    undecidedTexts(race, contest, here, at, timeZone, at),
  );
}

async function changeContest(key) {
  try {
    if (await pieces.show(key)) drawContest();
  } catch (error) {
    console.warn("A contest could not be loaded.", error);
    if (chosen === key) location.assign(page.querySelector(`[data-contest="${key}"]`).href);
  }
}

// Controls

/** Run an action of the viewer, which leaves the rebroadcast. */
function control(act) {
  isJoined = false;
  act();
  show();
}

/** Go to an update, pause there, and announce it. */
function stepTo(seq) {
  control(() => {
    player.pause(now());
    player.seek(recording.updates[seq - 1]?.t ?? 0, now());
  });
  const last = recording.seqAt(player.at(now())); // the last of several at the same time
  const entry = entries.find(({ dataset }) => Number(dataset.seq) === last);
  const words = entry?.querySelector(".what").cloneNode(true).childNodes ?? [];
  part("notice").replaceChildren(...words);
}

function previous() {
  const at = recording.updates[recording.seqAt(player.at(now())) - 1]?.t ?? 0;
  const earlier = steps().findLast(({ t }) => t < at); // before all updates of the same time
  stepTo(earlier?.seq ?? 0);
}

function next() {
  const seq = recording.seqAt(player.at(now()));
  const later = steps().find((update) => update.seq > seq);
  if (later) stepTo(later.seq);
}

/** Return the updates in the log, oldest first. Votes counted are not in it. */
function steps() {
  const logged = new Set(entries.map(({ dataset }) => Number(dataset.seq)));
  return recording.updates.filter(({ seq }) => logged.has(seq));
}

const actions = {
  play: () => control(() => (player.playing ? player.pause(now()) : player.play(now()))),
  previous,
  next,
  leave: () => control(() => player.pause(now())),
  join: () => {
    join();
    show();
  },
};

const keys = {
  ArrowLeft: () => move(-STEP),
  ArrowDown: () => move(-STEP),
  ArrowRight: () => move(STEP),
  ArrowUp: () => move(STEP),
  PageUp: previous,
  PageDown: next,
};

function move(by) {
  control(() => player.seek(player.at(now()) + by, now()));
}

function join() {
  isJoined = true;
  player.join(rebroadcast.startsAt);
}

// Loading

async function load() {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: HTTP status ${response.status}`);
  recording = new Recording(await response.json());
}

/** Measure how far the server's clock is ahead. The response must not come from a cache. */
async function readClock() {
  const sent = Date.now();
  const response = await (await fetch(rebroadcast.clock, { cache: "no-store" })).json();
  clockOffset = response.now - (sent + Date.now()) / 2;
}

async function start() {
  const clockIsRead = rebroadcast && readClock().catch(() => {}); // else this device's clock counts
  await Promise.all([load(), clockIsRead]);
  player = new Player(recording.duration, from);
  if (rebroadcast && now() < rebroadcast.endsAt) join();
  page.addEventListener("click", (event) => {
    const action = event.target.closest("[data-action]")?.dataset.action;
    const link = event.target.closest("[data-seq] a");
    const tab = event.target.closest("[data-contest]");
    if (action) actions[action]();
    if (!(link || tab) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (tab) {
      chosen = tab.dataset.contest;
      return drawContest();
    }
    stepTo(Number(link.closest("[data-seq]").dataset.seq));
  });
  slider.addEventListener("input", () => control(() => player.seek(slider.value * 1000, now())));
  slider.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  part("speed").addEventListener("change", () => {
    control(() => player.setSpeed(Number(part("speed").value), now()));
  });
  document.addEventListener("visibilitychange", () => document.hidden || show());
  addEventListener("pageshow", (event) => {
    if (event.persisted && rebroadcast) readClock().then(show, show);
  });
  part("share").addEventListener("click", (event) => {
    event.preventDefault();
    share(part("share"));
  });
  for (const control of page.querySelectorAll(":disabled")) control.disabled = false;
  if (Object.keys(contests).length > 1) pieces.prefetch();
  show();
}

foldTexts(page);
start().catch((error) => {
  console.error(error);
  part("failed").hidden = false;
});
