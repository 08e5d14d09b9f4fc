// The map in a frame: follows the broadcast, and draws those of its parts that it has.

import { draw } from "../broadcaster/drawing.js";
import { speak } from "../broadcaster/words.js";
import { Follower } from "./follow.js";
import { ViewerSession } from "./session.js";
import { clock, status } from "./wording.js";

const page = document.querySelector("main");
const { address, startsAt, timeZone, election, snapshot, words } = JSON.parse(
  document.getElementById("broadcast").textContent,
);
speak(words);
const session = new ViewerSession({
  votes: election.votes,
  snapshot,
  transports: typeof WebSocket === "undefined" ? ["poll"] : ["ws", "poll"],
});
const follower = new Follower(session, new URL(address, location.href), {
  heard,
  waiting: () => drawStatus(navigator.onLine ? "reconnecting" : "offline"),
  over: () => drawStatus("outdated"),
});
let shown = session.replica; // also while the session has none

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

function heard(events) {
  shown = session.replica ?? shown;
  if (events.some(([event]) => event === "snapshot" || event === "update")) {
    draw(page, shown.state, election);
    part("headline").textContent = shown.state.story.headline;
    part("headline").hidden = !shown.state.story.headline;
  }
  drawStatus(shown.state.phase);
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

if (shown.state.phase !== "ended") {
  follower.start();
  addEventListener("online", () => follower.restart());
  addEventListener("offline", () => drawStatus("offline"));
  addEventListener("pagehide", () => follower.stop());
  addEventListener("pageshow", (event) => event.persisted && follower.restart());
  document.addEventListener("visibilitychange", () => document.hidden || follower.hurry());
}
