// The viewer page: draws what the follower hears, and says how it stands.

import { draw, passed, result } from "../broadcaster/drawing.js";
import { totals } from "../broadcaster/replica.js";
import { Follower } from "./follow.js";
import { ViewerSession } from "./session.js";
import { announcements, clock, status } from "./wording.js";

const page = document.querySelector("main");
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
let shown = session.replica; // what the page shows, also while the session has no replica
let winner = leader(); // who has passed 270
let lost = false; // whether the connection is

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

function heard(events) {
  const updates = events.filter(([event]) => event === "update").map(([, update]) => update);
  shown = session.replica ?? shown;
  if (updates.length || events.some(([event]) => event === "snapshot")) drawAll();
  setLost(false);
  const before = winner;
  winner = leader();
  announce(updates, winner === before ? "" : winner);
}

function leader() {
  return election.candidates[passed(totals(election.votes, shown.state.calls))] ?? "";
}

function drawAll() {
  const { state } = shown;
  draw(page, state, election);
  for (const name of ["headline", "body"]) {
    part(name).textContent = state.story[name];
    part(name).hidden = !state.story[name];
  }
  const notes = state.story.annotations.map(({ at, text }) => {
    const note = document.createElement("li");
    note.textContent = at === "US" ? text : `${at}: ${text}`;
    return note;
  });
  part("annotations").replaceChildren(...notes);
  part("annotations").hidden = !notes.length;
}

function setLost(isLost) {
  lost = isLost;
  drawStatus();
}

function drawStatus() {
  const line = part("status");
  const state = pageState();
  const { words, at } = status(state, shown.at, startsAt);
  line.dataset.state = state;
  part("words").textContent = words;
  part("time").hidden = at === null;
  if (at !== null) {
    part("time").dateTime = new Date(at).toISOString();
    part("time").textContent = clock(at, Date.now(), timeZone, at !== startsAt);
  }
}

function pageState() {
  if (shown.state.phase === "ended") return "ended";
  if (session.over !== null || shown.state.election !== election.year) return "outdated";
  if (lost) return navigator.onLine ? "reconnecting" : "offline";
  return shown.state.phase;
}

function announce(updates, newWinner) {
  const { candidates } = election;
  const nameOf = (unit) => page.querySelector(`tr[data-unit="${unit}"] th`).textContent;
  const resultOf = (call) => result(call, candidates);
  const { notice, alert } = announcements(updates, nameOf, resultOf, newWinner);
  if (!notice && !alert) return;
  part("notice").textContent = notice ?? "";
  part("alert").textContent = alert ?? "";
}

drawStatus();
if (shown.state.phase !== "ended") {
  follower.start();
  addEventListener("online", () => follower.restart());
  addEventListener("offline", () => setLost(true));
  addEventListener("pagehide", () => follower.stop());
  addEventListener("pageshow", (event) => event.persisted && follower.restart());
  document.addEventListener("visibilitychange", () => document.hidden || follower.hurry());
}
