// The calculator: a click, a key or a menu calls a race. The address holds the map.

import {
  OPEN,
  draw,
  drawTally,
  result,
  shapeAt,
  shown as named,
} from "../../broadcaster/rendering/drawing.js";
import { Contest, UNCALLED } from "../../broadcaster/domain/replica.js";
import { gettext, setLanguage } from "../../broadcaster/domain/translation.js";
import { elementOf, middle, neighbour, placeCard, readMap, watchMouse } from "../shared/explore.js";
import { encode, next } from "./scenario.js";
import { passing, undecided } from "../shared/wording.js";

const page = document.querySelector("main");
const map = page.querySelector(".map");
const form = page.querySelector("form");
const choices = form.querySelector(".choices table");
const share = form.querySelector("#share");
const copy = form.querySelector('[data-action="copy"]');
const data = JSON.parse(document.getElementById("calculator").textContent);
const { own, tonight } = data;
setLanguage(data.words);
const contest = new Contest(data.contest);
const VIEW = { focus: "", highlight: [] };
let cursor = null; // the race that the arrow keys have reached
let pointed = null; // the race below the mouse

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

/** Return whether a unit has a call of tonight that stays. */
function isKept(unit) {
  return form.keep.checked && unit in tonight;
}

/** Return the race of a menu, whose name is "race.PA". */
function raceOf(menu) {
  return menu.name.slice("race.".length);
}

function calls() {
  const made = Object.entries(own).map(([unit, party]) => [unit, { status: "called", party }]);
  return { ...Object.fromEntries(made), ...(form.keep.checked ? tonight : {}) };
}

function drawAll() {
  const shown = calls();
  draw(page, { view: VIEW, calls: shown, counts: {} }, contest);
  const tab = page.querySelector(".tabs [aria-current]"); // the score of this map, not of tonight
  if (tab) drawTally(tab, contest.totals(shown), contest);
  for (const menu of form.querySelectorAll("select")) {
    const race = raceOf(menu);
    menu.value = shown[race]?.party ?? "";
    menu.disabled = isKept(race);
  }
  const address = new URL(location.pathname, location.href);
  const parties = Object.entries(shown).map(([unit, { party }]) => [unit, party]);
  address.searchParams.set("contest", data.shown);
  address.searchParams.set("s", encode(contest, Object.fromEntries(parties)));
  share.value = String(address);
  part("copied").textContent = "";
  if (form.keep.checked) address.searchParams.set("keep", "on");
  history.replaceState(null, "", address);
  for (const other of document.querySelectorAll(".languages a")) other.search = address.search;
}

/**
 * Put each row of the table into its group: the open races, the heaviest first; the viewer's own
 * calls; those of tonight that stay. Not while a menu is used: its row would jump away.
 */
function moveRows() {
  const shown = calls();
  const rows = [...choices.querySelectorAll("[data-unit]")];
  const rowOf = Object.fromEntries(rows.map((row) => [row.dataset.unit, row]));
  const called = rows
    .filter(({ dataset }) => shown[dataset.unit])
    .sort((one, other) => one.dataset.place - other.dataset.place);
  const groups = {
    open: undecided(contest, shown).map((race) => rowOf[race]),
    own: called.filter(({ dataset }) => !isKept(dataset.unit)),
    kept: called.filter(({ dataset }) => isKept(dataset.unit)),
  };
  for (const [name, members] of Object.entries(groups)) {
    const group = choices.querySelector(`[data-choices="${name}"]`);
    group.append(...members);
    group.querySelector("[data-count]").textContent = members.length;
  }
}

/** Call `unit` for `party` ("": open), unless it has a call of tonight that stays. */
function assign(unit, party) {
  if (!isKept(unit)) {
    own[unit] = party;
    if (!party) delete own[unit];
    drawAll();
  }
  describe(unit);
  drawCard();
}

/** Call `unit` for the next party, on the map. */
function assignNext(unit) {
  assign(unit, next(contest, own[unit] ?? ""));
  moveRows();
}

/** Show the race at the mouse or the cursor, and what a click does with it. */
function drawCard() {
  const race = cursor ?? pointed;
  const card = part("facts");
  card.hidden = race === null;
  if (!race) return;
  const { name, weight } = contest.races[race];
  const party = next(contest, own[race] ?? "");
  const choice = party ? contest.nameOf(party, race) : gettext("not called");
  part("unit").textContent = name;
  part("facts-votes").textContent = contest.isWeighted ? `${contest.counting}: ${weight}` : "";
  part("facts-result").textContent = result(calls()[race] ?? OPEN, contest, race);
  part("facts-click").textContent = isKept(race)
    ? gettext("called tonight")
    : gettext("Click or Enter: %(choice)s", { choice });
  placeCard(card, map, elementOf(race, map, contest));
}

/** Write a race's call and the totals below the map; screen readers announce it. */
function describe(race) {
  const shown = calls();
  const won = contest.totals(shown);
  const { name, weight } = contest.races[race];
  const count = contest.isWeighted ? ` (${contest.counting}: ${weight})` : "";
  const open = gettext("not called");
  const goes = shown[race] ? result(shown[race], contest, race) : open;
  const kept = isKept(race) ? [gettext("called tonight")] : [];
  const totals = named(won, contest).map((party) => `${party.name} ${won[party.id]}`);
  const winner = contest.winner(won);
  part("announcement").textContent = [
    `${name}${count}: ${[goes, ...kept].join(", ")}.`,
    `${totals.join(", ")}, ${open} ${won[UNCALLED]}.`,
    winner ? passing(contest, winner, won[winner]) : "",
  ].join(" ");
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => {
  if (target.matches("select")) return assign(raceOf(target), target.value);
  drawAll();
  moveRows();
});
page.addEventListener("click", ({ target }) => {
  const unit = target.closest(".picture [data-unit]")?.dataset.unit;
  if (unit) assignNext(unit);
});
choices.addEventListener("focusout", ({ relatedTarget }) => {
  if (document.hasFocus() && !choices.contains(relatedTarget)) moveRows();
});
watchMouse(page.querySelector(".picture"), (race) => {
  pointed = race;
  drawCard();
});

// The arrow keys

const { points, whole } = readMap(map, contest);

function moveCursor(unit) {
  cursor = unit;
  drawCard();
  const shape = cursor && shapeAt(map, contest.shapeOf(cursor));
  map.querySelector(".map-cursor").setAttribute("d", shape ? shape.getAttribute("d") : "");
  for (const box of page.querySelectorAll(".boxes li")) {
    box.toggleAttribute("data-pinned", box.dataset.unit === cursor);
  }
}

map.addEventListener("keydown", (event) => {
  const { key } = event;
  if (key.startsWith("Arrow")) {
    moveCursor(cursor ? neighbour(points, cursor, key) : middle(points, whole));
    describe(cursor);
  } else if ((key === "Enter" || key === " ") && cursor) assignNext(cursor);
  else if (key === "Escape") moveCursor(null);
  else return;
  event.preventDefault();
});
map.addEventListener("blur", () => moveCursor(null));

map.setAttribute("role", "application");
map.setAttribute("aria-roledescription", gettext("map"));
map.setAttribute("aria-describedby", "map-hint");
map.tabIndex = 0;

copy.hidden = !navigator.clipboard; // browsers have it on secure pages alone
copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(share.value);
    part("copied").textContent = copy.dataset.copied;
  } catch {
    share.focus(); // the browser forbids copying: select the address, to be copied by hand
  }
});
share.addEventListener("focus", () => share.select());
