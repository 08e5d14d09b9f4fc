// The console: what viewers see, the draft of the next update, and the log.

import { draw } from "../drawing.js";
import { Replica, sameTotals, totals } from "../replica.js";
import { corrects, CHOICES, describe, toChange } from "./draft.js";
import { Link } from "./link.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const { snapshot, names, election } = read("desk-data");
const desk = document.getElementById("desk");
const mayTake = desk.dataset.mayTake === "yes";
const form = document.getElementById("draft");
const part = (name) => desk.querySelector(`[data-desk="${name}"]`);

let replica;
let log; // updates so far, oldest first
const drafted = new Map(); // unit -> its row's menu

function start(frame) {
  replica = new Replica(frame);
  log = frame.log;
  part("log").replaceChildren();
  for (const update of log) addToLog(update);
  show();
}

function follow(frame) {
  for (const update of frame.updates) {
    const outcome = replica.receive(frame.epoch, update);
    if (outcome === "seen") continue;
    const sums = totals(election.votes, replica.state.calls);
    if (outcome === "gap" || !sameTotals(sums, update.totals)) return link.reconnect();
    log.push(update);
    addToLog(update);
  }
  show();
}

function show() {
  const { state } = replica;
  draw(desk, { ...state, view: onDeskMap(state.view) }, election);
  desk.dataset.phase = state.phase;
  part("phase").textContent = state.phase === "live" ? "● LIVE" : state.phase;
  part("headline").textContent = state.story.headline || "No headline yet";
  part("view").textContent = state.view.focus;
  for (const button of desk.querySelectorAll("[data-kind]")) {
    button.hidden = !button.dataset.in.split(" ").includes(state.phase);
  }
  checkDraft();
}

/** The desk's map always has every state in reach; it outlines where viewers are taken. */
function onDeskMap({ focus, highlight, ...rest }) {
  return { ...rest, focus: "US", highlight: focus === "US" ? highlight : [...highlight, focus] };
}

function addToLog(update) {
  const row = document.getElementById("log-row").content.cloneNode(true);
  const time = new Date(update.at);
  const words = {
    seq: update.seq,
    time: time.toLocaleTimeString(),
    by: update.by,
    what: describe(update),
    headline: update.story?.headline ?? "",
    reason: update.reason ? `Reason: ${update.reason}` : "",
  };
  for (const [name, text] of Object.entries(words)) {
    row.querySelector(`[data-log="${name}"]`).textContent = text;
  }
  part("log").prepend(row);
}

// The draft

function addUnit(unit) {
  if (!unit || drafted.has(unit)) return drafted.get(unit)?.focus();
  const row = document.getElementById("call-row").content.cloneNode(true).firstElementChild;
  row.querySelector("[data-name]").textContent = names[unit];
  const menu = row.querySelector("select");
  menu.setAttribute("aria-label", `Result of ${names[unit]}`);
  row.querySelector("button").setAttribute("aria-label", `Leave ${names[unit]} out`);
  row.querySelector("button").addEventListener("click", () => {
    drafted.delete(unit);
    row.remove();
    checkDraft();
  });
  part("calls").append(row);
  drafted.set(unit, menu);
  checkDraft();
  menu.focus();
}

function draftNow() {
  const calls = Object.fromEntries([...drafted].map(([unit, menu]) => [unit, menu.value]));
  const { focus, headline, body, reason } = form.elements;
  return {
    calls,
    focus: focus.value,
    headline: headline.value,
    body: body.value,
    reason: reason.value,
  };
}

function checkDraft() {
  for (const element of desk.querySelectorAll("[data-unit]")) {
    element.toggleAttribute("data-drafted", drafted.has(element.dataset.unit));
  }
  if (!mayTake) return;
  part("reason").hidden = ![...drafted].some(([unit, menu]) => {
    const call = CHOICES[menu.value];
    return call && corrects(replica.state, unit, call);
  });
}

function clear() {
  form.reset();
  drafted.clear();
  part("calls").replaceChildren();
  checkDraft();
}

/** Take a change; says what became of it, and whether it is on air. */
async function take(change) {
  say("Taking …");
  for (const button of desk.querySelectorAll("button[data-takes]")) button.disabled = true;
  try {
    const answer = await link.take(change);
    const done = answer.status === 201;
    const field = answer.field ? `${answer.field}: ` : "";
    say(done ? `Update ${answer.seq} is on air.` : `Not taken. ${field}${answer.error}`, !done);
    return done;
  } catch {
    say("Not taken, as far as can be told: the server does not answer. Look at the log.", true);
    return false;
  } finally {
    for (const button of desk.querySelectorAll("button[data-takes]")) button.disabled = false;
  }
}

function say(words, bad = false) {
  part("answer").textContent = words;
  part("answer").toggleAttribute("data-bad", bad);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { change, problem, field } = toChange(draftNow(), replica.state, log);
  if (problem) {
    say(`Not taken. ${problem}`, true);
    return (form.elements[field] ?? part("add")).focus();
  }
  if (await take(change)) clear();
});
form.addEventListener("input", checkDraft);
if (mayTake) {
  part("clear").addEventListener("click", clear);
  part("add").addEventListener("change", ({ target }) => {
    addUnit(target.value);
    target.value = "";
  });
}
desk.addEventListener("click", ({ target }) => {
  const unit = target.closest(".picture [data-unit]")?.dataset.unit;
  if (unit && mayTake) addUnit(unit);
  const kind = target.closest("[data-kind]")?.dataset;
  if (kind && (!kind.confirm || confirm(kind.confirm))) take({ kind: kind.kind });
});

// The line to the server

const LINE = {
  open: "connected",
  lost: "connection lost, reconnecting; takes go by post",
  forbidden: "logged out, or not allowed here: log in again",
};

const link = new Link(
  form.elements.csrfmiddlewaretoken.value,
  (frame) => {
    if (frame.t === "snapshot") start(frame);
    if (frame.t === "updates") follow(frame);
    if (frame.t === "viewers") {
      part("viewers").textContent = frame.ws + frame.poll;
      part("ws").textContent = frame.ws;
      part("poll").textContent = frame.poll;
      const { seq, reached, ms } = frame.receipt ?? {};
      part("receipt").textContent = seq ? `update ${seq} reached ${reached} in ${ms} ms` : "";
    }
  },
  (state) => {
    part("line").textContent = LINE[state];
    part("line").dataset.state = state;
  },
);

start(snapshot);
link.connect();
