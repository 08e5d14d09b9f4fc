// The live page: draws the events that its playout buffer releases, and the page's status.

import {
  CallLog,
  draw,
  drawStory,
  passed,
  result,
  tag,
} from "../../broadcaster/rendering/drawing.js";
import { totals } from "../../broadcaster/domain/replica.js";
import { gettext, setLanguage } from "../../broadcaster/domain/translation.js";
import { Explorer, PlayoutBuffer } from "../shared/explore.js";
import { follow, historyUntil } from "../follow/follow.js";
import {
  announcements,
  broadcastShows,
  clock,
  layerWords,
  paused,
  status,
} from "../shared/wording.js";

const page = document.querySelector("main");
const data = JSON.parse(document.getElementById("broadcast").textContent);
const { address, startsAt, timeZone, election, snapshot, now, words } = data;
const clockOffset = now - Date.now(); // milliseconds that the server's clock is ahead of this one
setLanguage(words);
const buffer = new PlayoutBuffer(snapshot);
const callLog = new CallLog(page, election, nameOf, (at) => clock(at, at, timeZone, false, false));
let timer = null; // until the next update is due
let winner = leader(); // the candidate who has passed 270, or ""
let drawnLayer = "";
let drawnCorrected = callLog.corrected.join();
let isLost = false; // whether the connection is lost
let sinceSnapshot = []; // the updates shown since the last snapshot
const explorer = new Explorer(page, data, () => {
  drawAll();
  drawNotices();
});

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

// Received updates, and when they are shown

function onEvents(events) {
  buffer.add(events, Date.now());
  isLost = false;
  showDue();
}

/** Show the events that are due. A hidden tab draws nothing, and catches up when it is shown. */
function showDue() {
  clearTimeout(timer);
  if (document.hidden) return;
  const due = buffer.release(Date.now());
  if (due.length) {
    logCalls(due);
    drawAll();
    announce(due);
  }
  if (buffer.nextDue !== null) timer = setTimeout(showDue, buffer.nextDue - Date.now());
  drawNotices();
  drawStatus();
}

/** Add updates to the log of calls, and mark the units that they changed. */
function logCalls(events) {
  for (const [name, data] of events) {
    if (name === "snapshot") {
      sinceSnapshot = [];
      fetchLog(data);
    } else {
      sinceSnapshot.push(data);
      callLog.add(data);
    }
  }
  const changed = events.flatMap(([, { calls }]) => Object.keys(calls ?? {}));
  if (changed.length) tag(page, "data-fresh", changed);
  drawCorrected();
}

/** Rebuild the log after a snapshot: the page may not have received all updates before it. */
async function fetchLog(snapshot) {
  try {
    const { updates } = await historyUntil(address, snapshot);
    if (snapshot.epoch !== buffer.replica.position.epoch) return;
    callLog.rebuild([...updates, ...sinceSnapshot]);
    drawCorrected();
  } catch (error) {
    console.warn("The recording could not be loaded. The log of calls may lack entries.", error);
  }
}

function drawCorrected() {
  const { corrected } = callLog;
  if (corrected.join() === drawnCorrected) return;
  drawnCorrected = corrected.join();
  tag(page, "data-corrected", corrected);
  part("corrected").hidden = !corrected.length;
  part("corrected-units").textContent = corrected.map(nameOf).join(", ");
}

/** With a delay, go back from the rendered state to the one that is due now. */
async function rewind() {
  buffer.rewind(await historyUntil(address, snapshot), clockOffset);
  callLog.rebuild(buffer.release(Date.now()).map(([, update]) => update));
  winner = leader();
  drawCorrected();
  drawAll();
}

function leader() {
  return election.candidates[passed(totals(election.votes, buffer.replica.state.calls))] ?? "";
}

function onWaiting() {
  isLost = true;
  drawStatus();
}

// Drawing

function drawAll() {
  const { state } = buffer.replica;
  draw(part("votes"), state, election);
  draw(part("results"), state, election);
  const { layer } = explorer;
  const visible = explorer.visible(state);
  draw(part("picture"), visible.state, visible.election, layer !== drawnLayer);
  drawnLayer = layer;
  explorer.drawCounties();
  explorer.drawFacts();
  drawStory(page, state.story);
  part("share").href = `?at=${buffer.replica.position}`;
  part("share").hidden = !buffer.replica.position.seq;
}

function drawStatus() {
  const line = part("status");
  const state = pageState();
  const { at } = buffer.replica;
  const text = status(state, at, startsAt);
  line.dataset.state = state;
  part("words").textContent = text.words;
  part("time").hidden = text.at === null;
  if (text.at !== null) {
    part("time").dateTime = new Date(text.at).toISOString();
    part("time").textContent = clock(text.at, Date.now(), timeZone, text.at !== startsAt);
  }
}

function pageState() {
  const { state } = buffer.replica;
  if (state.phase === "ended") return "ended";
  const isOver = follower.session.over !== null && !buffer.waiting;
  if (isOver || state.election !== election.year) return "outdated";
  if (isLost) return navigator.onLine ? "reconnecting" : "offline";
  return state.phase;
}

function drawNotices() {
  const { phase, view } = buffer.replica.state;
  const { focus } = view;
  const { own, layer } = explorer;
  page.dataset.mode = own === null ? "following" : "exploring";
  page.toggleAttribute("data-paused", buffer.paused);
  part("place").textContent = broadcastShows(focus === "US" ? gettext("US") : nameOf(focus));
  part("waiting").textContent = paused(buffer.waiting);
  if (layer) {
    const visible = explorer.visible(buffer.replica.state);
    part("layer-words").textContent = layerWords(layer, visible.election, visible.state.calls);
  }
  const isShown = {
    held: phase === "held",
    following: own === null && !layer && !buffer.paused,
    exploring: own !== null,
    paused: buffer.paused,
    layer: layer !== "",
  };
  for (const notice of page.querySelectorAll("[data-notice]")) {
    notice.hidden = !isShown[notice.dataset.notice];
  }
  for (const [action, on] of [
    ["follow", own === null],
    ["explore", own !== null],
    ["pause", buffer.paused],
  ]) {
    page
      .querySelector(`.actions [data-action="${action}"]`)
      .setAttribute("aria-pressed", String(on));
  }
}

function announce(events) {
  const before = winner;
  winner = leader();
  const updates = events.filter(([event]) => event === "update").map(([, update]) => update);
  const resultOf = (call) => result(call, election.candidates);
  const { notice, alert } = announcements(updates, nameOf, resultOf, before, winner);
  if (!notice && !alert) return;
  writePieces("notice", notice ?? []);
  writePieces("alert", alert ?? []);
}

function writePieces(name, pieces) {
  const spans = pieces.map(({ text, lang }) => {
    const span = document.createElement("span");
    span.textContent = text;
    span.lang = lang;
    span.dir = "auto";
    return span;
  });
  part(name).replaceChildren(...spans);
}

function nameOf(place) {
  const row = page.querySelector(`tr[data-unit="${place}"], tr[data-unit="${place}-AL"]`);
  return row.querySelector("th").textContent;
}

// Controls

const ACTIONS = {
  follow: () => explorer.follow(),
  explore: () => explorer.explore(),
  pause() {
    buffer.paused = !buffer.paused;
    showDue();
  },
  zoom: () => explorer.zoom(),
  close: () => explorer.pin(null),
  tonight: () => explorer.showLayer(""),
};

page.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-action]");
  if (!button) return;
  const { action } = button.dataset;
  ACTIONS[action]();
  if (button.offsetParent) return;
  const same = page.querySelector(`.actions [data-action="${action}"]`);
  (same ?? page.querySelector(".map")).focus(); // the button is hidden now: the focus moves on
});
part("layer").addEventListener("change", ({ target }) => explorer.showLayer(target.value));

const root = document.documentElement;
const delay = part("delay");
delay.value = root.dataset.delay ?? "0";
if (!delay.value) delay.value = "0";
buffer.delay = delay.value * 1000;
delay.addEventListener("change", () => {
  buffer.delay = delay.value * 1000;
  showDue();
  localStorage.setItem("delay", delay.value);
});

part("share").addEventListener("click", (event) => {
  event.preventDefault();
  import("../shared/share.js").then(({ share }) => share(part("share"))); // loaded only when needed
});
for (const control of page.querySelectorAll(":disabled")) control.disabled = false;
try {
  if (buffer.delay) await rewind();
  delete root.dataset.delay;
} catch (error) {
  console.warn("The history could not be loaded. The page stays covered for 60 seconds.", error);
}
const follower = follow(data, { onEvents, onWaiting, onOver: drawStatus });
showDue();
explorer.drawCounties();
document.addEventListener("visibilitychange", showDue);
