// The viewer page: draws what is shown of what the follower hears, and says how it stands.

import { CallLog, draw, drawStory, passed, result, tag } from "../../broadcaster/rendering/drawing.js";
import { totals } from "../../broadcaster/domain/replica.js";
import { gettext, setLanguage } from "../../broadcaster/domain/translation.js";
import { Explorer, Showing } from "../shared/explore.js";
import { follow, historyUntil } from "../follow/follow.js";
import { announcements, clock, layerWords, paused, showing as place, status } from "../shared/wording.js";

const page = document.querySelector("main");
const data = JSON.parse(document.getElementById("broadcast").textContent);
const { address, startsAt, timeZone, election, snapshot, now, words } = data;
const ahead = now - Date.now(); // milliseconds that the server's clock is ahead of ours
setLanguage(words);
const showing = new Showing(snapshot);
const callLog = new CallLog(page, election, nameOf, (at) => clock(at, at, timeZone, false, false));
let timer = null; // until the next update is due
let winner = leader(); // who has passed 270
let drawnLayer = "";
let drawnCorrected = callLog.corrected.join();
let lost = false; // whether the connection is
let sinceSnapshot = []; // updates that were shown
const explorer = new Explorer(page, data, () => {
  drawAll();
  drawNotices();
});

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

// What is heard, and when it is shown

function heard(events) {
  showing.hear(events, Date.now());
  lost = false;
  showDue();
}

/** Show what is due. A tab that nobody sees stays as it is, and catches up when it is seen. */
function showDue() {
  clearTimeout(timer);
  if (document.hidden) return;
  const due = showing.show(Date.now());
  if (due.length) {
    log(due);
    drawAll();
    announce(due);
  }
  if (showing.next !== null) timer = setTimeout(showDue, showing.next - Date.now());
  drawNotices();
  drawStatus();
}

/** Fold what came into the log of calls, and mark what it changed. */
function log(events) {
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

/** After a snapshot the updates before it are asked for: the page saw some of them at most. */
async function fetchLog(snapshot) {
  try {
    const { updates } = await historyUntil(address, snapshot);
    if (snapshot.epoch !== showing.replica.position.epoch) return;
    callLog.rebuild([...updates, ...sinceSnapshot]);
    drawCorrected();
  } catch (error) {
    console.warn("The log of calls may lack some entries.", error);
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

/** Under a delay: from what the server rendered back to what is due now. */
async function rewind() {
  showing.rewind(await historyUntil(address, snapshot), ahead);
  callLog.rebuild(showing.show(Date.now()).map(([, update]) => update));
  winner = leader();
  drawCorrected();
  drawAll();
}

function leader() {
  return election.candidates[passed(totals(election.votes, showing.replica.state.calls))] ?? "";
}

function setLost() {
  lost = true;
  drawStatus();
}

// Drawing

function drawAll() {
  const { state } = showing.replica;
  draw(part("votes"), state, election);
  draw(part("results"), state, election);
  const { layer } = explorer;
  const seen = explorer.seen(state);
  draw(part("picture"), seen.state, seen.election, layer !== drawnLayer);
  drawnLayer = layer;
  explorer.drawCounties();
  explorer.drawFacts();
  drawStory(page, state.story);
  part("share").href = `?at=${showing.replica.position}`;
  part("share").hidden = !showing.replica.position.seq;
}

function drawStatus() {
  const line = part("status");
  const state = pageState();
  const { at } = showing.replica;
  const told = status(state, at, startsAt);
  line.dataset.state = state;
  part("words").textContent = told.words;
  part("time").hidden = told.at === null;
  if (told.at !== null) {
    part("time").dateTime = new Date(told.at).toISOString();
    part("time").textContent = clock(told.at, Date.now(), timeZone, told.at !== startsAt);
  }
}

function pageState() {
  const { state } = showing.replica;
  if (state.phase === "ended") return "ended";
  const left = follower.session.over !== null && !showing.waiting;
  if (left || state.election !== election.year) return "outdated";
  if (lost) return navigator.onLine ? "reconnecting" : "offline";
  return state.phase;
}

function drawNotices() {
  const { phase, view } = showing.replica.state;
  const { focus } = view;
  const { own, layer } = explorer;
  page.dataset.mode = own === null ? "following" : "exploring";
  page.toggleAttribute("data-paused", showing.paused);
  part("place").textContent = place(focus === "US" ? gettext("US") : nameOf(focus));
  part("waiting").textContent = paused(showing.waiting);
  if (layer) {
    const seen = explorer.seen(showing.replica.state);
    part("layer-words").textContent = layerWords(layer, seen.election, seen.state.calls);
  }
  const holds = {
    held: phase === "held",
    following: own === null && !layer && !showing.paused,
    exploring: own !== null,
    paused: showing.paused,
    layer: layer !== "",
  };
  for (const notice of page.querySelectorAll("[data-notice]")) {
    notice.hidden = !holds[notice.dataset.notice];
  }
  for (const [action, on] of [
    ["follow", own === null],
    ["explore", own !== null],
    ["pause", showing.paused],
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
  tell("notice", notice ?? []);
  tell("alert", alert ?? []);
}

function tell(name, pieces) {
  const spans = pieces.map(({ text, lang }) => {
    const span = document.createElement("span");
    span.textContent = text;
    span.lang = lang;
    return span;
  });
  part(name).replaceChildren(...spans);
}

function nameOf(place) {
  const row = page.querySelector(`tr[data-unit="${place}"], tr[data-unit="${place}-AL"]`);
  return row.querySelector("th").textContent;
}

// What a viewer can do

const ACTIONS = {
  follow: () => explorer.follow(),
  explore: () => explorer.explore(),
  pause() {
    showing.paused = !showing.paused;
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
  (same ?? page.querySelector(".map")).focus(); // the button has gone: keys go on from there
});
part("layer").addEventListener("change", ({ target }) => explorer.showLayer(target.value));

const root = document.documentElement;
const delay = part("delay");
delay.value = root.dataset.delay ?? "0";
if (!delay.value) delay.value = "0";
showing.delay = delay.value * 1000;
delay.addEventListener("change", () => {
  showing.delay = delay.value * 1000;
  showDue();
  localStorage.setItem("delay", delay.value);
});

part("share").addEventListener("click", (event) => {
  event.preventDefault();
  import("../shared/share.js").then(({ share }) => share(part("share"))); // few need it
});
for (const control of page.querySelectorAll(":disabled")) control.disabled = false; // heard now
try {
  if (showing.delay) await rewind();
  delete root.dataset.delay;
} catch (error) {
  console.warn("The page stays covered until it is old enough to be shown.", error);
}
const follower = follow(data, { heard, waiting: setLost, over: drawStatus });
showDue();
explorer.drawCounties();
document.addEventListener("visibilitychange", showDue);
