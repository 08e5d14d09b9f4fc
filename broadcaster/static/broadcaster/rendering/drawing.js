// Updates a picture that the server rendered (templates/broadcaster/picture/).
// Texts and sums are those of picture.py, tally.py and counting.py; tests/vectors/picture.json pins
// both.

import { UNCALLED } from "../domain/replica.js";
import { gettext, gettext_noop } from "../domain/translation.js";

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
const EDGE = 2; // heights of letters from the edge of a close view within which labels would be cut
const ROOMY = 1.35; // times the room of a label: what larger letters need, as in picture.py
const GRID = 1.5; // heights of letters between points at which room in a shape is looked for
const SQUARE = 4; // points along the side of a square that has room for a label
const MAX_UNDECIDED = 5; // races in the list of those still to decide, as in map_context.py
export const OPEN = { status: "open" }; // the call of a race about which nothing was published
const BANDS = [2, 5, 10]; // percentage points: margins from which a hatch is denser

const drawn = new WeakMap(); // by root: what was drawn there last, {calls, counts, contest, layer}
const gliding = new WeakMap(); // by map: the number of its animation frame

/**
 * Draw a contest in `root`, which has any of the picture's parts. `state` is that of stateOf().
 * Elements that would not change are left alone. `still`: races do not pulse, since their calls are
 * not new. With `state.layer` "counted" the map shows who leads in the votes counted, and no calls.
 */
export function draw(root, state, contest, still = false) {
  const { calls, counts, layer } = state;
  const last = drawn.get(root);
  drawn.set(root, { calls, counts, contest, layer });
  for (const element of root.querySelectorAll(changedRaces(last, state, contest))) {
    drawRace(element, state, contest, still);
  }
  drawHighlights(root, state.view.highlight, contest);
  const won = contest.totals(calls);
  for (const tally of root.querySelectorAll(".tally, .legend")) drawTally(tally, won, contest);
  const statuses = new Set(Object.keys(contest.races).map((race) => (calls[race] ?? OPEN).status));
  for (const sign of root.querySelectorAll(".legend > [data-status]")) {
    sign.hidden = !statuses.has(sign.dataset.status); // the key explains what the map has
  }
  for (const map of root.querySelectorAll(".map")) {
    set(map, "aria-label", layer === "counted" ? countedLabel() : label(won, contest));
    focusOn(map, state.view.focus, contest);
  }
  for (const results of root.querySelectorAll(".results")) {
    results.toggleAttribute("data-counted", Object.keys(counts).length > 0);
    for (const group of results.querySelectorAll("[data-group]")) drawGroup(group, won, contest);
  }
}

/** Return a selector for the elements of races whose call or count is another object than before. */
function changedRaces(last, { calls, counts, layer }, contest) {
  if (last?.contest !== contest || last.layer !== layer) return "[data-unit]";
  const races = Object.keys(contest.races).filter(
    (race) => last.calls[race] !== calls[race] || last.counts[race] !== counts[race],
  );
  return races.map((race) => `[data-unit="${race}"]`).join() || ":not(*)";
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

/** Mark the races that the last update changed, and ring them on the map until the ring has faded. */
export function drawFresh(root, races, contest) {
  tag(root, "data-fresh", races);
  for (const map of root.querySelectorAll(".map")) {
    const shapes = new Set(races.map((race) => shapeAt(map, contest.shapeOf(race))));
    const d = [...shapes].map((shape) => shape?.getAttribute("d") ?? "").join("");
    const before = map.querySelector(".map-fresh");
    const ring = before.cloneNode(); // a new element begins its animation anew
    ring.setAttribute("d", d);
    before.replaceWith(ring);
  }
}

/**
 * Draw the numbers of annotations on the maps in `root`, which are of the contest `key`, where they
 * point. Return the number of each annotation; undefined for one without a place on the map.
 */
export function drawPins(root, annotations, key, contest) {
  const numbers = [];
  for (const map of root.querySelectorAll(".map")) {
    const shown = annotations.flatMap(({ contest: of, at }, index) => {
      const shape = of === key && shapeAt(map, contest.shapeOf(at));
      if (!shape) return [];
      numbers[index] = index + 1;
      return [[index + 1, shape]];
    });
    const pins = map.querySelector(".map-pins") ?? map.appendChild(svg("g", { class: "map-pins" }));
    const drawnAs = JSON.stringify([key, annotations]);
    if (pins.dataset.drawn === drawnAs) continue;
    pins.dataset.drawn = drawnAs;
    pins.setAttribute("font-size", map.querySelector(".map-labels").getAttribute("font-size"));
    pins.replaceChildren(...shown.map(([number, shape]) => pin(number, shape)));
  }
  return numbers;
}

/** Return a number in a disc above the middle of a shape, where its label is. */
function pin(number, shape) {
  const { x, y, width, height } = shape.getBBox();
  const group = svg("g", { transform: `translate(${x + width / 2} ${y + height / 2})` });
  const text = svg("text", { y: "-1.6em", dy: "0.36em" });
  text.textContent = number;
  group.append(svg("circle", { cy: "-1.6em", r: "0.95em" }), text);
  return group;
}

function svg(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Return the text of a race's result. */
export function result(call, contest, race = "") {
  if (!call.party) return gettext(RESULTS[call.status]);
  const winner = `${contest.nameOf(call.party, race)} (${contest.partyOf[call.party].letter})`;
  return call.status === "certified" ? gettext("%(winner)s, certified", { winner }) : winner;
}

/** Return what a race shows besides its colour; "" for one that is open. */
export function mark(call, contest) {
  if (!call.party) return MARKS[call.status] ?? "";
  const { letter } = contest.partyOf[call.party];
  return call.status === "certified" ? letter + CERTIFIED : letter;
}

/** Return the map in one sentence. */
export function label(won, contest) {
  const parts = shown(won, contest).map(({ id, name }) => `${name} ${won[id]}`);
  return gettext(
    "Map, %(title)s: %(won)s, not called %(uncalled)s. The table of results has every race.",
    { title: contest.title, won: parts.join(", "), uncalled: won[UNCALLED] },
  );
}

function countedLabel() {
  return gettext("Map of the votes counted so far. These are not calls.");
}

/** Return the parties that a key names: without a side only with something won, if others have one. */
export function shown(won, { parties }) {
  const sided = parties.some(({ side }) => side);
  return parties.filter(({ id, side }) => side || won[id] || !sided);
}

/** Return by party where its part of the bar starts, and how wide it is. */
export function bars(won, { parties, size }) {
  const order = ["left", "", "right"];
  const place = ({ side = "" }) => order.indexOf(side);
  const found = {};
  let end = 0;
  for (const party of [...parties].sort((one, other) => place(one) - place(other))) {
    const start = end + (party.side === "right" ? won[UNCALLED] : 0);
    end += won[party.id];
    found[party.id] = [percent(start / size), percent(won[party.id] / size)];
  }
  return found;
}

/**
 * Return the votes counted in a race: {leader, look, letter, margin, expected, words}. The leader is
 * the party with most votes, "" if two have as many; `margin` is its lead in percentage points as
 * text, "" without votes; `expected` is the percent of the expected votes that are in, or null. They
 * decide nothing. counting.py does the same.
 */
export function counted({ votes, expected }, race, contest) {
  const ranked = Object.entries(votes).sort(([, one], [, other]) => other - one);
  const total = ranked.reduce((sum, [, each]) => sum + each, 0);
  const [[party, first] = ["", 0], [, second] = ["", 0]] = ranked;
  const leader = first > second ? party : "";
  const tenths = total ? Math.floor((2000 * (first - second) + total) / (2 * total)) : 0;
  const margin = total ? `${Math.floor(tenths / 10)}.${tenths % 10}` : "";
  const percent = expected === undefined ? null : Math.floor(expected * 100 + 1e-9);
  const { look = "", letter = "" } = contest.partyOf[leader] ?? {};
  const name = leader && contest.nameOf(leader, race);
  const words = countedWords(name, margin, percent);
  return { leader, look, letter, margin, expected: percent, words };
}

function countedWords(name, margin, percent) {
  if (!margin) return gettext("No votes counted");
  const words = name
    ? gettext("%(name)s ahead by %(margin)s points", { name, margin })
    : gettext("Tied");
  if (percent === null) return words;
  const part = gettext("%(percent)s%% of expected votes counted", { percent });
  return `${words}, ${part}`;
}

/** Return who leads, and by how much, in short: "D +1.2". `count` is that of counted(). */
export function lead({ leader, letter, margin }) {
  if (leader) return `${letter} +${margin}`;
  return margin && gettext("Tied");
}

/** Return the percent of the expected votes that are in as "63%"; "" if it is not known. */
export function share({ expected }) {
  return expected === null ? "" : `${expected}%`;
}

function drawRace(element, state, contest, still) {
  const { unit } = element.dataset;
  const call = state.calls[unit] ?? OPEN;
  const { status, party = "" } = call;
  const found = state.counts[unit];
  const count = found && counted(found, unit, contest);
  const hasNewParty = element.dataset.party !== party;
  element.dataset.status = status;
  element.dataset.party = party;
  element.dataset.look = contest.partyOf[party]?.look ?? "";
  const before = contest.races[unit].before;
  element.toggleAttribute("data-flipped", Boolean(party && before && party !== before));
  const isLead = state.layer === "counted" && count;
  if (isLead) {
    element.dataset.lead = count.look;
    element.dataset.band = BANDS.filter((least) => count.margin >= least).length;
  } else {
    delete element.dataset.lead;
    delete element.dataset.band;
  }
  const texts = {
    mark: isLead ? lead(count) : mark(call, contest),
    result: result(call, contest, unit),
    margin: count ? lead(count) : "",
    expected: count ? share(count) : "",
  };
  for (const part of element.querySelectorAll("[data-part]")) write(part, texts[part.dataset.part]);
  if (element.tagName === "TR") moveRow(element, party);
  if (hasNewParty && party && !still) pulse(element);
}

/** Move a row of the table to the group of its winner. Rows keep their order. */
function moveRow(row, party) {
  const group = row.closest(".results").querySelector(`[data-group="${party}"]`);
  if (!group || group.contains(row)) return; // a calculator has no groups
  const { rows } = group.querySelector("tbody");
  const place = Number(row.dataset.place);
  const next = [...rows].find(({ dataset }) => dataset.place > place);
  group.querySelector("tbody").insertBefore(row, next ?? null);
}

/** Draw how many races a group of rows has. One that the key does not name keeps the focus. */
function drawGroup(group, won, contest) {
  const { group: party } = group.dataset;
  const isShown = !party || shown(won, contest).some(({ id }) => id === party);
  group.hidden = !isShown && !group.contains(document.activeElement);
  const sizes = {
    races: group.querySelector("tbody").rows.length,
    weight: won[party || UNCALLED] - (contest.held[party] ?? 0),
  };
  for (const size of group.querySelectorAll("[data-size]")) write(size, sizes[size.dataset.size]);
}

function pulse(element) {
  element.classList.add("called-now");
  setTimeout(() => element.classList.remove("called-now"), PULSE);
}

/** Draw a tally, a key, or another element with such parts. `won` is a contest's totals. */
export function drawTally(tally, won, contest) {
  const passed = contest.winner(won);
  const named = shown(won, contest).map(({ id }) => id);
  for (const part of tally.querySelectorAll("[data-part]")) write(part, won[part.dataset.part]);
  const left = tally.querySelector(`[data-part="${UNCALLED}"]`);
  left?.parentElement.toggleAttribute("data-none", !won[UNCALLED]);
  for (const note of tally.querySelectorAll("[data-passed]")) {
    note.hidden = note.dataset.passed !== passed;
    const words = note.querySelector("[data-words]"); // a tab has the sign alone
    if (words) write(words, passedWords(won[note.dataset.passed], contest));
  }
  for (const other of tally.querySelectorAll("[data-other]")) {
    other.hidden = !named.includes(other.dataset.other);
    set(other, "data-look", contest.partyOf[other.dataset.other].look); // it may be corrected
  }
  const places = bars(won, contest);
  for (const bar of tally.querySelectorAll("[data-bar]")) {
    const [x, width] = places[bar.dataset.bar];
    set(bar, "data-look", contest.partyOf[bar.dataset.bar].look);
    set(bar, "x", x);
    set(bar, "width", width);
  }
}

/** Return that a party has as much as it needs, or more. */
export function passedWords(won, { toWin }) {
  const values = { to_win: toWin };
  return won === toWin
    ? gettext("reaches %(to_win)s", values)
    : gettext("past %(to_win)s", values);
}

function drawHighlights(root, places, contest) {
  const isMarked = ({ dataset: { unit } }) => {
    const { shape, parent } = contest.races[unit];
    return [unit, shape, parent].some((place) => places.includes(place));
  };
  const key = places.join(" ");
  for (const map of root.querySelectorAll(".map")) {
    if (map.dataset.highlight === key) continue;
    map.dataset.highlight = key;
    const marked = [...map.querySelectorAll(".map-shapes path")].filter(isMarked);
    const d = marked.map((shape) => shape.getAttribute("d")).join("");
    set(map.querySelector(".map-outlines"), "d", d);
  }
  for (const boxes of root.querySelectorAll(".boxes")) {
    if (boxes.dataset.highlight === key) continue;
    boxes.dataset.highlight = key;
    for (const box of boxes.querySelectorAll("li")) {
      box.toggleAttribute("data-highlight", isMarked(box));
    }
  }
}

/** Glide to a place; at once if the user wants no motion or the tab is hidden. */
function focusOn(map, focus, contest) {
  const place = contest.isPlace(focus) ? focus : "";
  if (map.dataset.focus === place) return;
  map.dataset.focus = place;
  const shape = shapeAt(map, contest.shapeOf(place));
  const goal = numbers(shape?.dataset.view ?? map.dataset.whole);
  const start = numbers(map.getAttribute("viewBox"));
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
  const began = performance.now();
  const step = (now) => {
    const t = still ? 1 : Math.min(Math.max((now - began) / GLIDE, 0), 1);
    const eased = t * t * (3 - 2 * t);
    setViewBox(map, start.map((from, i) => from + (goal[i] - from) * eased));
    if (t < 1) gliding.set(map, requestAnimationFrame(step));
    else moveLabelsIntoView(map);
  };
  cancelAnimationFrame(gliding.get(map)); // of a glide that has not ended
  step(began);
}

/** Set the view. Labels keep their size on the screen, and are shown where they fit. */
function setViewBox(map, viewBox) {
  map.setAttribute("viewBox", viewBox.map((n) => +n.toFixed(2)).join(" "));
  const zoom = numbers(map.dataset.whole)[2] / viewBox[2];
  const labels = map.querySelector(".map-labels");
  const size = (labels.dataset.size / zoom).toFixed(2);
  labels.setAttribute("font-size", size);
  map.querySelector(".map-pins")?.setAttribute("font-size", size);
  for (const label of labels.children) {
    if (label.dataset.home) label.setAttribute("transform", label.dataset.home);
    const isCut = zoom > 1 && !isClearOfEdge(pointOf(label), viewBox, size);
    set(label, "data-fits", isCut ? "no" : fits(label, labels, zoom));
    label.toggleAttribute("data-roomy", label.dataset.room * zoom >= ROOMY * labels.dataset.room);
  }
}

/** In a close view, move labels that its edge would cut to where their shapes have room in it. */
function moveLabelsIntoView(map) {
  const viewBox = numbers(map.getAttribute("viewBox"));
  const labels = map.querySelector(".map-labels");
  const zoom = numbers(map.dataset.whole)[2] / viewBox[2];
  for (const label of labels.querySelectorAll('[data-fits="no"]:has(.code)')) {
    if (fits(label, labels, zoom) !== "yes") continue;
    const shape = shapeAt(map, label.dataset.state);
    const place = shape && roomiest(shape, viewBox, labels.getAttribute("font-size"));
    if (!place) continue;
    label.dataset.home ??= label.getAttribute("transform");
    label.setAttribute("transform", `translate(${place})`);
    label.dataset.fits = "yes";
  }
}

/**
 * Return where a shape has the most room in a view, as [x, y], or null if a label with letters of
 * `size` has none. It is the middle of the largest square of grid points in the shape.
 */
function roomiest(shape, [left, top, wide, high], size) {
  const box = shape.getBBox();
  const [step, edge] = [GRID * size, EDGE * size];
  const begin = [Math.max(box.x, left + edge), Math.max(box.y, top + edge)];
  const end = [
    Math.min(box.x + box.width, left + wide - edge),
    Math.min(box.y + box.height, top + high - edge),
  ];
  let [best, above] = [[], []]; // the largest squares, and those that end in the row above
  let side = SQUARE;
  for (let y = begin[1]; y <= end[1]; y += step) {
    const row = [];
    for (let x = begin[0], i = 0; x <= end[0]; x += step, i++) {
      const isInside = shape.isPointInFill(new DOMPoint(x, y));
      row[i] = isInside ? 1 + Math.min(row[i - 1] ?? 0, above[i - 1] ?? 0, above[i] ?? 0) : 0;
      if (row[i] > side) [best, side] = [[], row[i]];
      if (row[i] === side) best.push([x, y].map((n) => +(n - ((side - 1) / 2) * step).toFixed(1)));
    }
    above = row;
  }
  return best[best.length >> 1] ?? null;
}

/** Return the point [x, y] of a label in map units: where it stands when the whole map is in view. */
export function pointOf(label) {
  return (label.dataset.home ?? label.getAttribute("transform")).match(/-?[\d.]+/g).map(Number);
}

/** Return whether a label with letters of `size` at a point is not cut by the edge of a view. */
export function isClearOfEdge([x, y], [left, top, wide, high], size) {
  const edge = EDGE * size;
  const isInside = (at, start, length) => start + edge <= at && at <= start + length - edge;
  return isInside(x, left, wide) && isInside(y, top, high);
}

/** Return which part of a label fits: "yes" (all), "mark" or "no". picture.py has the same rule. */
function fits(label, labels, zoom) {
  const room = label.dataset.room * zoom;
  if (room >= labels.dataset.room && label.querySelector(".code")) return "yes";
  return room >= labels.dataset.markRoom && label.hasAttribute("data-alone") ? "mark" : "no";
}

/** Return the element of a shape or a group on a map, or null. */
export function shapeAt(map, id) {
  return id ? map.querySelector(`:is(.map-shapes, .map-groups) [data-state="${id}"]`) : null;
}

/** Return a copy of a template's element. */
export function copy(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** Read numbers with spaces between them, such as a viewBox. */
export function numbers(text) {
  return text.split(" ").map(Number);
}

function percent(part) {
  return `${(part * 100).toFixed(3)}%`;
}

function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Write a text if the element has another: to write the same one again costs a layout. */
export function write(element, value) {
  if (element.textContent !== String(value)) element.textContent = value;
}

/**
 * Draw the races that are to be called, in the list of `root`: the first of `races`, and how many
 * more there are. `textsOf(race)` returns the texts of a row by part, and the `look` of the party ahead.
 * Rows that stay are kept: to lay out new ones costs most.
 */
export function drawUndecided(root, races, textsOf) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  part("undecided-section").hidden = !races.length;
  write(part("undecided-count"), races.length);
  for (const link of root.querySelectorAll("[data-more]")) {
    const count = races.length - link.dataset.more;
    link.hidden = count <= 0;
    write(link, gettext("+%(count)s more in the table", { count }));
  }
  const list = part("undecided");
  const first = races.slice(0, MAX_UNDECIDED);
  const rows = new Map([...list.children].map((row) => [row.dataset.race, row]));
  for (const [race, row] of rows) if (!first.includes(race)) row.remove();
  for (const [index, race] of first.entries()) {
    const row = rows.get(race) ?? copy("undecided-row");
    row.dataset.race = race;
    const texts = textsOf(race);
    for (const element of row.querySelectorAll("[data-part]")) {
      write(element, texts[element.dataset.part]);
    }
    set(row.querySelector('[data-part="leader"]'), "data-look", texts.look);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  }
}

for (const map of globalThis.document?.querySelectorAll('.map:not([data-focus=""])') ?? []) {
  moveLabelsIntoView(map); // the server draws without knowing where shapes have room
}
