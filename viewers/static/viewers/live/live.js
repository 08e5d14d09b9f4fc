// The live page: draws the events that its playout buffer releases, and the page's status.

import { CallLog } from "../../broadcaster/rendering/call_log.js";
import { draw, drawFresh, drawTally, drawUndecided, tag } from "../../broadcaster/rendering/drawing.js";
import {
  contestsOf,
  nameOfPlace,
  placesOf,
  racesIn,
  stateOf,
} from "../../broadcaster/domain/replica.js";
import { gettext, setLanguage } from "../../broadcaster/domain/translation.js";
import { Explorer, PlayoutBuffer } from "../shared/explore.js";
import { follow, historyUntil } from "../follow/follow.js";
import { drawStory, foldTexts } from "../shared/story.js";
import {
  announcements,
  broadcastShows,
  clock,
  facts,
  hour,
  layerWords,
  paused,
  status,
  undecided,
  undecidedTexts,
  winners,
} from "../shared/wording.js";

const MINUTE = 60_000; // milliseconds
const LOAD_RENEWAL = [10, 60]; // seconds after which the page loads what it needs after hours

const page = document.querySelector("main");
const data = JSON.parse(document.getElementById("broadcast").textContent);
const { address, startsAt, timeZone, snapshot, now, words, rehearsal } = data;
const clockOffset = now - Date.now(); // milliseconds that the server's clock is ahead of this one
setLanguage(words);
const contests = contestsOf(data.contests);
const isSeveral = Object.keys(contests).length > 1;
const buffer = new PlayoutBuffer(snapshot);
const callLog = new CallLog(page, contests, (at) => hour(at, timeZone));
let timer = null; // until the next update is due
let won = winners(contests, buffer.replica.state);
let drawnLayer = "";
let drawnCorrected = callLog.corrected.join();
let fresh = []; // the races that the last update called, as "contest/race"
let isLost = false; // whether the connection is lost
let isOutdated = false; // whether the contests are others than those of this page
let lastSnapshot = snapshot; // that was shown
let sinceSnapshot = []; // the updates shown since then
let pieces = null; // the promise of a ContestPieces, once it is needed
let renewal = null; // a Renewal, once it is loaded
const explorer = new Explorer(
  page,
  data,
  () => {
    drawAll();
    drawNotices();
  },
  (race) => {
    const here = stateOf(buffer.replica.state, explorer.key);
    const { at } = buffer.replica;
    return facts(race, contests[explorer.key], here, serverNow(), timeZone, at);
  },
);
explorer.show(data.shown, contests[data.shown]);
if (new URLSearchParams(location.search).has("contest")) {
  Object.assign(explorer, { own: "", chosen: data.shown }); // a link chose the contest
}

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
      lastSnapshot = data;
      sinceSnapshot = [];
      compareContests(data.contests).then(() => fetchLog(data)); // with corrected names
    } else {
      sinceSnapshot.push(data);
      callLog.add(data);
    }
  }
  const changed = events.flatMap(([, { calls, state }]) => (state ? [] : placesOf(calls)));
  if (changed.length) fresh = changed;
  if (changed.length) drawFresh(page, racesIn(explorer.key, fresh), contests[explorer.key]);
  drawCorrected();
}

/** Rebuild the log after a snapshot: the page may not have received all updates before it. */
async function fetchLog(snapshot) {
  try {
    const { updates } = await historyUntil(address, snapshot);
    if (snapshot !== lastSnapshot) return; // the history until the newer one comes, too
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
  tag(page, "data-corrected", racesIn(explorer.key, corrected));
  part("corrected").hidden = !corrected.length;
  const names = corrected.map((place) => nameOfPlace(place, contests));
  part("corrected-units").textContent = names.join(", ");
}

/** With a delay, go back from the rendered state to the one that is due now. */
async function rewind() {
  buffer.rewind(await historyUntil(address, snapshot), clockOffset);
  callLog.rebuild(buffer.release(Date.now()).map(([, update]) => update));
  won = winners(contests, buffer.replica.state);
  drawCorrected();
  drawAll();
}

// The contests

function loadPieces() {
  pieces ??= import("../shared/contest_pieces.js").then(
    ({ ContestPieces }) => new ContestPieces(page, data, contests),
    (error) => {
      pieces = null; // to be loaded when it is needed again
      throw error;
    },
  );
  return pieces;
}

/** Return the contest to show: the broadcast's, or the one that an exploring viewer chose. */
function wantedContest() {
  const { contest } = buffer.replica.state.view;
  if (explorer.own !== null) return explorer.chosen;
  return contest in contests ? contest : Object.keys(contests)[0];
}

/** Put another contest into the page and draw it. */
async function changeContest(key) {
  try {
    const isThere = await (await loadPieces()).show(key);
    if (!isThere || explorer.key === key) return;
  } catch (error) {
    console.warn("A contest could not be loaded.", error);
    if (explorer.own !== null) location.assign(tabOf(key).href);
    return;
  }
  showContest(key);
}

function showContest(key) {
  explorer.show(key, contests[key]);
  for (const tab of page.querySelectorAll("[data-contest]")) {
    if (tab === tabOf(key)) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  revealTab();
  drawFresh(page, racesIn(key, fresh), contests[key]);
  tag(page, "data-corrected", racesIn(key, callLog.corrected));
  drawnLayer = null; // its calls are not new
  drawAll();
  drawNotices();
}

function tabOf(key) {
  return page.querySelector(`[data-contest="${key}"]`);
}

/**
 * Scroll the row of tabs, which a phone has no room for, to that of the contest in the page. The row
 * ends where its last view, too, begins with a whole tab.
 */
function revealTab() {
  const tab = page.querySelector(".tabs > [aria-current]");
  if (!tab) return;
  const row = tab.parentElement;
  row.style.setProperty("--end", "0px");
  const hidden = row.scrollWidth - row.clientWidth;
  const first = [...row.children].find(({ offsetLeft }) => offsetLeft >= hidden) ?? tab;
  row.style.setProperty("--end", `${Math.max(first.offsetLeft - hidden, 0)}px`);
  row.scrollLeft = tab.offsetLeft;
}

/** After a snapshot: load contests whose names or looks were corrected. */
async function compareContests(digests) {
  if (!pieces && isSame(digests, snapshot.contests)) return;
  try {
    const changed = await (await loadPieces()).update(digests);
    isOutdated = changed === null;
    if (isOutdated) follower.stop(); // its sums would differ from the server's
    if (changed?.length) {
      for (const key of changed) {
        const title = tabOf(key)?.querySelector(".tab-title");
        if (title) title.textContent = contests[key].title;
      }
      showContest(explorer.key);
    }
  } catch (error) {
    console.warn("Corrected names could not be loaded.", error);
  }
  drawStatus();
}

function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function onWaiting() {
  isLost = true;
  drawStatus();
}

// Drawing

function drawAll() {
  const { state } = buffer.replica;
  const wanted = wantedContest();
  if (wanted !== explorer.key) changeContest(wanted);
  const { key, layer } = explorer;
  const here = stateOf(state, key);
  draw(part("votes"), here, contests[key]);
  draw(part("results"), here, contests[key]);
  const visible = explorer.visible(here);
  draw(part("picture"), visible.state, visible.contest, layer !== drawnLayer);
  drawnLayer = layer;
  for (const tab of page.querySelectorAll("[data-contest]")) {
    const contest = contests[tab.dataset.contest];
    drawTally(tab, contest.totals(state.calls[tab.dataset.contest]), contest);
  }
  drawStillToDecide();
  explorer.drawCounties();
  explorer.drawFacts();
  drawStory(page, state, contests, key);
  const { position } = buffer.replica;
  const moment = [position.seq && `at=${position}`, isSeveral && `contest=${key}`];
  part("share").href = `?${moment.filter(Boolean).join("&")}`;
  if (isSeveral) part("calculator").search = `?contest=${key}`;
}

function drawStillToDecide() {
  const here = stateOf(buffer.replica.state, explorer.key);
  const contest = contests[explorer.key];
  const { at } = buffer.replica;
  drawUndecided(page, undecided(contest, here.calls), (race) =>
    undecidedTexts(race, contest, here, serverNow(), timeZone, at),
  );
}

function serverNow() {
  return Date.now() + clockOffset;
}

function drawStatus() {
  const line = part("status");
  const state = pageState();
  const { at } = buffer.replica;
  const text = status(state, at, startsAt, { delay: buffer.delay / 1000, rehearsal });
  line.dataset.state = state;
  if (state === "outdated") renewal?.outdated();
  else if (isLost) renewal?.lost();
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
  if (isOver || isOutdated) return "outdated";
  if (isLost) return navigator.onLine ? "reconnecting" : "offline";
  if (state.phase !== "live") return state.phase;
  if (buffer.paused) return "paused";
  return buffer.delay ? "delayed" : "live";
}

/** Load the page again when it is outdated and its viewer loses nothing by it. */
async function loadRenewal() {
  let loaded;
  try {
    loaded = await import("../shared/renewal.js");
  } catch {
    return setTimeout(loadRenewal, MINUTE); // the server may be restarting
  }
  const { Renewal, isIdle } = loaded;
  const isFollowing = () => explorer.own === null && !explorer.layer && !explorer.pinned;
  const isFolded = () => !page.querySelector("details[open]");
  const isQuiet = () =>
    isIdle() && isFollowing() && isFolded() && !buffer.paused && !buffer.waiting;
  renewal = new Renewal(isQuiet);
  drawStatus();
}

function drawNotices() {
  const { phase, view } = buffer.replica.state;
  const { own, layer } = explorer;
  page.dataset.mode = own === null ? "following" : "exploring";
  page.toggleAttribute("data-paused", buffer.paused);
  part("place").textContent = broadcastShows(placeOf(view));
  part("waiting").textContent = paused(buffer.waiting);
  if (layer) {
    const visible = explorer.visible(stateOf(buffer.replica.state, explorer.key));
    const before = contests[explorer.key].earlier[0]?.title;
    const { calls } = visible.state;
    part("layer-words").textContent = layerWords(layer, visible.contest, calls, before);
  }
  const isShown = {
    held: phase === "held",
    exploring: own !== null,
    paused: buffer.paused,
    layer: layer !== "",
  };
  for (const notice of page.querySelectorAll("[data-notice]")) {
    notice.hidden = !isShown[notice.dataset.notice];
  }
  const isOnAir = phase === "live" || phase === "held";
  const canPause = isOnAir || buffer.paused || buffer.waiting > 0; // with a delay, more is to come
  page.querySelector('.actions [data-action="pause"]').disabled = !canPause;
  page
    .querySelector('.actions [data-action="explore"]')
    .setAttribute("aria-pressed", String(own !== null));
}

function announce(events) {
  const before = won;
  won = winners(contests, buffer.replica.state);
  const updates = events.filter(([event]) => event === "update").map(([, update]) => update);
  const { notice, alert } = announcements(updates, contests, before, won);
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

/** Return the name of the place that a view shows. */
function placeOf({ contest: key, focus }) {
  const contest = contests[key] ?? Object.values(contests)[0];
  const place = contest.isPlace(focus) ? contest.placeName(focus) : gettext("the whole map");
  return isSeveral ? `${contest.title}, ${place}` : place;
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
  const menu = button.closest("details");
  if (menu) closeMenu(menu);
  if (button.offsetParent) return;
  const same = page.querySelector(`.actions [data-action="${action}"]`);
  (same ?? page.querySelector(".map")).focus(); // the button is hidden now: the focus moves on
});
page.addEventListener("click", (event) => {
  const race = event.target.closest("[data-show]")?.closest("[data-race]").dataset.race;
  if (race) {
    explorer.pin(race);
    explorer.map.scrollIntoView({ block: "nearest" });
  }
  const tab = event.target.closest("[data-contest]");
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  explorer.choose(tab.dataset.contest);
});
const menu = page.querySelector(".more");
document.addEventListener("click", ({ target }) => menu.contains(target) || (menu.open = false));
menu.addEventListener("keydown", ({ key }) => key === "Escape" && closeMenu(menu));

function closeMenu(menu) {
  menu.open = false;
  menu.querySelector("summary").focus();
}

part("layer").addEventListener("change", ({ target }) => explorer.showLayer(target.value));

/** Keep a low version of the score at the top while the score itself is scrolled out of view. */
const board = page.querySelector(".scoreboard");
new IntersectionObserver(([{ isIntersecting, boundingClientRect: { bottom, height } }]) => {
  const isAbove = !isIntersecting && bottom <= 0;
  board.style.minHeight = isAbove ? `${height}px` : "";
  board.toggleAttribute("data-compact", isAbove);
}).observe(board);

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
drawStory(page, buffer.replica.state, contests, explorer.key); // its numbers on the map
foldTexts(page);
revealTab();
for (const control of page.querySelectorAll(":disabled")) control.disabled = false;
try {
  if (buffer.delay) await rewind();
  delete root.dataset.delay;
} catch (error) {
  console.warn("The history could not be loaded. The page stays covered for 60 seconds.", error);
}
const follower = follow({ ...data, contests }, { onEvents, onWaiting, onOver: drawStatus });
showDue();
explorer.drawCounties();
if (isSeveral) loadPieces().then((loaded) => loaded.prefetch(), () => {}); // a tab tries again
setInterval(() => document.hidden || drawStillToDecide(), MINUTE); // closing times pass
const [soonest, latest] = LOAD_RENEWAL;
setTimeout(() => loadRenewal(), (soonest + (latest - soonest) * Math.random()) * 1000);
document.addEventListener("visibilitychange", showDue);
