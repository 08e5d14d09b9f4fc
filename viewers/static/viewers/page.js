// The viewer page: draws what is shown of what the follower hears, and says how it stands.

import { CallLog } from "../broadcaster/call_log.js";
import { draw, drawStory, passed, result, tag } from "../broadcaster/drawing.js";
import { totals } from "../broadcaster/replica.js";
import { Showing, neighbour, pointsOf, viewOf } from "./explore.js";
import { Follower } from "./follow.js";
import { ViewerSession } from "./session.js";
import { announcements, clock, paused, showing as place, status } from "./wording.js";

const page = document.querySelector("main");
const map = page.querySelector(".map");
const { address, startsAt, timeZone, election, snapshot } = JSON.parse(
  document.getElementById("broadcast").textContent,
);
const session = new ViewerSession({
  votes: election.votes,
  snapshot,
  transports: typeof WebSocket === "undefined" ? ["poll"] : ["ws", "poll"],
});
const follower = new Follower(session, new URL(address, location.href), {
  heard,
  waiting: () => setLost(true),
  over: drawStatus,
});
const showing = new Showing(snapshot);
const callLog = new CallLog(page, election, nameOf, (at) => clock(at, at, timeZone, false, false));
let timer = null; // until the next update is due
let winner = leader(); // who has passed 270
let lost = false; // whether the connection is
let sinceSnapshot = []; // updates that were shown
let own = null; // the place looked at while exploring
let pinned = null; // the unit whose facts are shown

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
async function fetchLog({ epoch, seq }) {
  const url = new URL(`recording.json?upto=${epoch}:${seq}`, new URL(address, location.href));
  try {
    const { began, updates } = await (await fetch(url, { credentials: "omit" })).json();
    if (epoch !== showing.replica.position.epoch) return;
    const before = updates.map((update) => ({ ...update, at: began + update.t }));
    callLog.rebuild([...before, ...sinceSnapshot]);
    drawCorrected();
  } catch (error) {
    console.warn("The log of calls may lack some entries.", error);
  }
}

function drawCorrected() {
  const { corrected } = callLog;
  tag(page, "data-corrected", corrected);
  part("corrected").hidden = !corrected.length;
  part("corrected-units").textContent = corrected.map(nameOf).join(", ");
}

function leader() {
  return election.candidates[passed(totals(election.votes, showing.replica.state.calls))] ?? "";
}

function setLost(isLost) {
  lost = isLost;
  drawStatus();
}

// Drawing

function drawAll() {
  const { state } = showing.replica;
  draw(page, { ...state, view: viewOf(state.view, own) }, election);
  drawStory(page, state.story);
  part("share").href = `?at=${showing.replica.position}`;
  part("share").hidden = !showing.replica.position.seq;
  drawDetail();
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
  const left = session.over !== null && !showing.waiting;
  if (left || state.election !== election.year) return "outdated";
  if (lost) return navigator.onLine ? "reconnecting" : "offline";
  return state.phase;
}

function drawNotices() {
  const { focus } = showing.replica.state.view;
  page.dataset.mode = own === null ? "following" : "exploring";
  page.toggleAttribute("data-paused", showing.paused);
  part("place").textContent = place(focus === "US" ? "US" : nameOf(focus));
  part("waiting").textContent = paused(showing.waiting);
  const holds = { following: own === null, exploring: own !== null, paused: showing.paused };
  holds.following &&= !showing.paused;
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
  part("notice").textContent = notice ?? "";
  part("alert").textContent = alert ?? "";
}

function nameOf(place) {
  const row = page.querySelector(`tr[data-unit="${place}"], tr[data-unit="${place}-AL"]`);
  return row.querySelector("th").textContent;
}

// Exploring

const points = pointsOf(
  Object.keys(election.votes),
  Object.fromEntries(
    [...map.querySelectorAll(".map-labels g")].map((label) => [
      label.dataset.unit,
      label.getAttribute("transform").match(/-?[\d.]+/g).map(Number),
    ]),
  ),
);

function go(place) {
  own = place;
  drawAll();
  drawNotices();
}

/** Show a unit's facts, and keep it in view. */
function pin(unit) {
  pinned = unit;
  if (unit && map.dataset.focus !== "US") go(unit);
  else drawDetail();
}

/** To a unit, or back from it to the whole country. */
function zoom(unit) {
  pinned = unit;
  go(map.dataset.focus === unit ? "US" : unit);
}

function drawDetail() {
  const shape = pinned && map.querySelector(`[data-state="${pinned.split("-")[0]}"]`);
  map.querySelector(".map-cursor").setAttribute("d", shape ? shape.getAttribute("d") : "");
  for (const box of page.querySelectorAll(".boxes li")) {
    box.toggleAttribute("data-pinned", box.dataset.unit === pinned);
  }
  map.querySelector("#pinned-unit")?.removeAttribute("id");
  map.removeAttribute("aria-activedescendant");
  part("hint").hidden = pinned !== null;
  part("facts").hidden = pinned === null;
  if (!pinned) return;
  const row = page.querySelector(`tr[data-unit="${pinned}"]`);
  const votes = Number(row.querySelector(".votes").textContent);
  const words = row.querySelector('[data-part="result"]').textContent;
  part("unit").textContent = nameOf(pinned);
  part("facts-votes").textContent = votes === 1 ? "1 vote" : `${votes} votes`;
  part("facts-result").textContent = words;
  part("zoom").textContent = map.dataset.focus === pinned ? "Back to US" : "Zoom in";
  shape.id = "pinned-unit";
  shape.setAttribute("role", "img");
  shape.setAttribute("aria-label", part("facts-words").textContent.replace(/\s+/g, " ").trim());
  map.setAttribute("aria-activedescendant", "pinned-unit");
}

const ACTIONS = {
  follow() {
    pinned = null;
    go(null);
  },
  explore: () => go(own ?? map.dataset.focus),
  pause() {
    showing.paused = !showing.paused;
    showDue();
  },
  zoom: () => zoom(pinned),
  close: () => pin(null),
};

page.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-action]");
  if (button) {
    const { action } = button.dataset;
    ACTIONS[action]();
    if (button.offsetParent) return;
    const same = page.querySelector(`.actions [data-action="${action}"]`);
    return (same ?? map).focus(); // the button has gone, and whoever uses keys is not lost
  }
  const unit = target.closest(".picture [data-unit]")?.dataset.unit;
  if (unit) zoom(unit);
});
map.addEventListener("keydown", (event) => {
  const { key } = event;
  if (key.startsWith("Arrow")) {
    const here = map.dataset.focus in points ? map.dataset.focus : "KS";
    pin(pinned === null ? here : neighbour(points, pinned, key));
  } else if ((key === "Enter" || key === " ") && pinned) zoom(pinned);
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  if (pinned) pin(null);
  else if (own !== null) ACTIONS.follow();
});

const delay = part("delay");
delay.value = localStorage.getItem("delay") ?? "0";
if (!delay.value) delay.value = "0";
showing.delay = delay.value * 1000;
delay.addEventListener("change", () => {
  localStorage.setItem("delay", delay.value);
  showing.delay = delay.value * 1000;
  showDue();
});

map.setAttribute("role", "application");
map.setAttribute("aria-roledescription", "map");
map.tabIndex = 0;
part("share").addEventListener("click", (event) => {
  event.preventDefault();
  import("./share.js").then(({ share }) => share(part("share"))); // few need it
});
drawStatus();
if (showing.replica.state.phase !== "ended") follower.start();
addEventListener("online", () => follower.restart());
addEventListener("offline", () => setLost(true));
addEventListener("pagehide", () => follower.stop());
addEventListener("pageshow", (event) => event.persisted && follower.restart());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  follower.hurry();
  showDue();
});
