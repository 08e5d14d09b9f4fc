// Updates a picture that the server rendered (templates/broadcaster/picture/).
// Texts, sums and groups are those of picture.py and call_log.py; tests/vectors/ pins both.

import { totals } from "../domain/replica.js";
import { gettext, gettext_noop } from "../domain/translation.js";

const TOTAL = 538;
const TO_WIN = 270;
const GLIDE = 400; // milliseconds
const PULSE = 600; // milliseconds, as in picture.css
const RESULTS = {
  open: gettext_noop("Not called"),
  too_early: gettext_noop("Too early to call"),
  too_close: gettext_noop("Too close to call"),
  retracted: gettext_noop("Call withdrawn"),
};
const MARKS = { too_early: "…", too_close: "≈", retracted: "⚑" };
const CERTIFIED = "✓"; // after the party's letter
const MAX_NAMED = 2; // up to so many units of an update have their full name in the log

const drawn = new WeakMap(); // by root: what was drawn there last, {calls, election}
const gliding = new WeakMap(); // by map: the number of its animation frame

/**
 * Draw `state` in `root`, which has any of the picture's parts. Elements that would not change are
 * left alone. `election` is {candidates, looks, votes, before} as ElectionPicture.script_data has it. `still`:
 * units do not pulse, since their calls are not new.
 */
export function draw(root, state, election, still = false) {
  const last = drawn.get(root);
  drawn.set(root, { calls: state.calls, election });
  for (const element of root.querySelectorAll(changedUnits(last, state, election))) {
    drawUnit(element, state, election, still);
  }
  drawHighlights(root, state.view.highlight);
  const won = { O: 0, ...totals(election.votes, state.calls) };
  for (const tally of root.querySelectorAll(".tally")) drawTally(tally, won);
  for (const map of root.querySelectorAll(".map")) {
    set(map, "aria-label", label(won, election.candidates));
    focusOn(map, state.view.focus);
  }
}

/** Return a selector for the elements of units whose call is another object than last time. */
function changedUnits(last, { calls }, election) {
  if (last?.election !== election) return "[data-unit]";
  const units = Object.keys(election.votes).filter((unit) => last.calls[unit] !== calls[unit]);
  return units.map((unit) => `[data-unit="${unit}"]`).join() || ":not(*)";
}

/** Set the attribute `name` on the elements of `units`, and remove it from all other units. */
export function tag(root, name, units) {
  for (const element of root.querySelectorAll(`[data-unit][${name}]`)) {
    if (!units.includes(element.dataset.unit)) element.removeAttribute(name);
  }
  for (const unit of units) {
    for (const element of root.querySelectorAll(`[data-unit="${unit}"]:not([${name}])`)) {
      element.setAttribute(name, "");
    }
  }
}

/** Write `story` into the parts of `root` for it: headline, body, annotations. */
export function drawStory(root, story) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  for (const name of ["headline", "body"]) {
    write(part(name), story[name]);
    part(name).hidden = !story[name];
  }
  const notes = story.annotations.map(({ at, text }) => {
    const note = document.createElement("li");
    const words = document.createElement("bdi");
    words.textContent = text;
    note.append(at === "US" ? "" : `${at}: `, words);
    return note;
  });
  if (notes.length || part("annotations").children.length) {
    part("annotations").replaceChildren(...notes);
  }
  part("annotations").hidden = !notes.length;
}

/** Return the text of a unit's result. */
export function result(call, candidates) {
  if (!call.party) return gettext(RESULTS[call.status]);
  const winner = `${candidates[call.party]} (${call.party})`;
  return call.status === "certified" ? gettext("%(winner)s, certified", { winner }) : winner;
}

/** Return what a unit shows besides its colour; "" for one that is open. */
export function mark(call) {
  if (call.party) return call.status === "certified" ? call.party + CERTIFIED : call.party;
  return MARKS[call.status] ?? "";
}

/** Return the map in one sentence. */
export function label(won, candidates) {
  const parts = Object.keys(candidates)
    .filter((party) => party !== "O" || won.O)
    .map((party) => `${candidates[party]} ${won[party]}`);
  return gettext(
    "Map of the United States: %(won)s, not called %(uncalled)s. The table of results has every state.",
    { won: parts.join(", "), uncalled: won.uncalled },
  );
}

/** Return the party with at least 270 electoral votes, or "". */
export function passed(won) {
  return ["D", "R", "O"].find((party) => won[party] >= TO_WIN) ?? "";
}

/** Return by party where its part of the bar starts, and how wide it is. */
export function bars(won) {
  return {
    D: [percent(0), percent(won.D)],
    O: [percent(won.D), percent(won.O)],
    R: [percent(TOTAL - won.R), percent(won.R)],
  };
}

function drawUnit(element, state, election, still) {
  const { unit } = element.dataset;
  const call = state.calls[unit] ?? { status: "open" };
  const { status, party = "" } = call;
  const hasNewParty = element.dataset.party !== party;
  if (!hasNewParty && element.dataset.status === status) return;
  element.dataset.status = status;
  element.dataset.party = party;
  element.dataset.look = election.looks[party] ?? "";
  const before = election.before?.[unit];
  element.toggleAttribute("data-flipped", Boolean(party && before && party !== before));
  for (const part of element.querySelectorAll("[data-part]")) {
    write(part, part.dataset.part === "mark" ? mark(call) : result(call, election.candidates));
  }
  if (hasNewParty && party && !still) pulse(element);
}

function isHighlighted(places, unit) {
  return places.includes(unit) || places.includes(unit.split("-")[0]);
}

function pulse(element) {
  element.classList.add("called-now");
  setTimeout(() => element.classList.remove("called-now"), PULSE);
}

function drawTally(tally, won) {
  for (const part of tally.querySelectorAll("[data-part]")) write(part, won[part.dataset.part]);
  for (const note of tally.querySelectorAll("[data-passed]")) {
    note.hidden = note.dataset.passed !== passed(won);
  }
  for (const other of tally.querySelectorAll("[data-other]")) {
    other.hidden = !won[other.dataset.other];
  }
  const places = bars(won);
  for (const bar of tally.querySelectorAll("[data-bar]")) {
    const [x, width] = places[bar.dataset.bar];
    set(bar, "x", x);
    set(bar, "width", width);
  }
}

function drawHighlights(root, places) {
  const key = places.join(" ");
  for (const map of root.querySelectorAll(".map")) {
    if (map.dataset.highlight === key) continue;
    map.dataset.highlight = key;
    const shapes = [...map.querySelectorAll(".map-shapes path")];
    const marked = shapes.filter((shape) => isHighlighted(places, shape.dataset.unit));
    const d = marked.map((shape) => shape.getAttribute("d")).join("");
    set(map.querySelector(".map-outlines"), "d", d);
  }
  for (const boxes of root.querySelectorAll(".boxes")) {
    if (boxes.dataset.highlight === key) continue;
    boxes.dataset.highlight = key;
    for (const box of boxes.querySelectorAll("li")) {
      box.toggleAttribute("data-highlight", isHighlighted(places, box.dataset.unit));
    }
  }
}

/** Glide to a place; at once if the user wants no motion or the tab is hidden. */
function focusOn(map, place) {
  if (map.dataset.focus === place) return;
  map.dataset.focus = place;
  const shape = map.querySelector(`[data-state="${place.split("-")[0]}"]`);
  const goal = numbers(shape?.dataset.view ?? map.dataset.whole);
  const start = numbers(map.getAttribute("viewBox"));
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
  const began = performance.now();
  const step = (now) => {
    const t = still ? 1 : Math.min(Math.max((now - began) / GLIDE, 0), 1);
    const eased = t * t * (3 - 2 * t);
    setViewBox(map, start.map((from, i) => from + (goal[i] - from) * eased));
    if (t < 1) gliding.set(map, requestAnimationFrame(step));
  };
  cancelAnimationFrame(gliding.get(map)); // of a glide that has not ended
  step(began);
}

/** Set the view. Labels keep their size on the screen, and are shown where they fit. */
function setViewBox(map, viewBox) {
  map.setAttribute("viewBox", viewBox.map((n) => +n.toFixed(2)).join(" "));
  const zoom = numbers(map.dataset.whole)[2] / viewBox[2];
  const labels = map.querySelector(".map-labels");
  labels.setAttribute("font-size", (labels.dataset.size / zoom).toFixed(2));
  for (const label of labels.children) set(label, "data-fits", fits(label, labels, zoom));
}

/** Return which part of a label fits: "yes" (all), "mark" or "no". picture.py has the same rule. */
function fits(label, labels, zoom) {
  const room = label.dataset.room * zoom;
  if (room >= labels.dataset.room && label.querySelector(".code")) return "yes";
  return room >= labels.dataset.markRoom && label.hasAttribute("data-alone") ? "mark" : "no";
}

function numbers(text) {
  return text.split(" ").map(Number);
}

function percent(votes) {
  return `${((votes / TOTAL) * 100).toFixed(3)}%`;
}

function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function write(element, value) {
  if (element.textContent !== String(value)) element.textContent = value;
}

// The log of calls

/** Group the calls of an update by result: [{status, party, mark, words, units, votes}]. */
export function groups(calls, { votes, candidates }) {
  const found = new Map();
  for (const [unit, call] of Object.entries(calls)) {
    const { status, party = "" } = call;
    const key = `${status} ${party}`;
    if (!found.has(key)) {
      const words = party ? candidates[party] : result(call, candidates);
      found.set(key, { status, party, mark: mark(call), words, units: [], votes: 0 });
    }
    found.get(key).units.push(unit);
    found.get(key).votes += votes[unit];
  }
  return [...found.values()];
}

/** The log of calls in `root`. `nameOf(unit)` and `clock(at)` return texts. */
export class CallLog {
  constructor(root, election, nameOf, clock) {
    this.list = root.querySelector(".log ol");
    this.election = election;
    this.nameOf = nameOf;
    this.clock = clock;
  }

  /** The units that have a corrected call. */
  get corrected() {
    return (this.list.dataset.corrected ?? "").split(" ").filter(Boolean);
  }

  /** Add an update at the top, if it has calls and is not in the log; strike what it corrects. */
  add(update) {
    const known = this.list.querySelector(`li[data-seq="${update.seq}"]`);
    if (!update.calls || known) return;
    const units = Object.keys(update.calls);
    if (update.kind === "correct") {
      for (const unit of units) this.#strike(unit);
      this.list.dataset.corrected = [...new Set([...this.corrected, ...units])].join(" ");
    }
    const entry = this.#copy("log-entry");
    entry.dataset.seq = update.seq;
    const time = entry.querySelector("time");
    time.dateTime = new Date(update.at).toISOString();
    time.textContent = this.clock(update.at);
    for (const group of groups(update.calls, this.election)) {
      const line = this.#copy("log-group");
      line.dataset.status = group.status;
      line.dataset.party = group.party;
      line.dataset.look = this.election.looks[group.party] ?? "";
      line.querySelector(".swatch").textContent = group.mark;
      line.querySelector(".words").textContent = group.words;
      line.querySelector(".votes").textContent = group.votes;
      for (const unit of group.units) {
        const place = document.createElement("span");
        place.dataset.logged = unit;
        place.textContent = units.length <= MAX_NAMED ? this.nameOf(unit) : unit;
        line.querySelector(".units").append(place, " ");
      }
      entry.querySelector("div").append(line);
    }
    if (update.reason) {
      const reason = document.createElement("p");
      reason.className = "reason";
      reason.lang = "en"; // as in log.html
      reason.dir = "auto";
      reason.textContent = update.reason;
      entry.querySelector("div").append(reason);
    }
    this.list.prepend(entry);
  }

  /** Replace all entries with those of `updates`, oldest first. */
  rebuild(updates) {
    this.list.replaceChildren();
    delete this.list.dataset.corrected;
    for (const update of updates) this.add(update);
  }

  /** Strike the call of a unit: its newest entry, and those before it for the same party. */
  #strike(unit) {
    let party;
    for (const place of this.list.querySelectorAll(`[data-logged="${unit}"]`)) {
      const line = place.closest("[data-party]");
      party ??= line.dataset.party;
      if (!party || line.dataset.party !== party) return;
      if (place.hasAttribute("data-struck")) continue;
      place.toggleAttribute("data-struck", true);
      place.after(" ", this.#copy("log-chip"));
    }
  }

  #copy(id) {
    return document.getElementById(id).content.firstElementChild.cloneNode(true);
  }
}
