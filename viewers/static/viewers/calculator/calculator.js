// The calculator: a click, a key or a menu calls a race. The address holds the map.

import { draw, result, shapeAt, shown as named } from "../../broadcaster/rendering/drawing.js";
import { Contest, UNCALLED } from "../../broadcaster/domain/replica.js";
import { gettext, setLanguage } from "../../broadcaster/domain/translation.js";
import { middle, neighbour, readMap } from "../shared/explore.js";
import { encode, next } from "./scenario.js";
import { passing } from "../shared/wording.js";

const page = document.querySelector("main");
const map = page.querySelector(".map");
const form = page.querySelector("form");
const share = form.querySelector("#share");
const copy = form.querySelector('[data-action="copy"]');
const data = JSON.parse(document.getElementById("calculator").textContent);
const { own, tonight } = data;
setLanguage(data.words);
const contest = new Contest(data.contest);
const VIEW = { focus: "", highlight: [] };

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

/** Call `unit` for `party` ("": open), unless it has a call of tonight that stays. */
function assign(unit, party) {
  if (!isKept(unit)) {
    own[unit] = party;
    if (!party) delete own[unit];
    drawAll();
  }
  describe(unit);
}

/** Write a race's call and the totals below the map; screen readers announce it. */
function describe(race) {
  const shown = calls();
  const won = contest.totals(shown);
  const { name, weight } = contest.races[race];
  const count = contest.isWeighted ? ` (${contest.counting}: ${weight})` : "";
  const open = gettext("open");
  const goes = shown[race] ? result(shown[race], contest, race) : open;
  const kept = isKept(race) ? [gettext("called tonight")] : [];
  const totals = named(won, contest).map((party) => `${party.name} ${won[party.id]}`);
  const winner = contest.winner(won);
  part("announcement").textContent = [
    `${name}${count}: ${[goes, ...kept].join(", ")}.`,
    `${totals.join(", ")}, ${open} ${won[UNCALLED]}.`,
    winner ? passing(contest, winner) : "",
  ].join(" ");
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => {
  if (target.matches("select")) assign(raceOf(target), target.value);
  else drawAll();
});
page.addEventListener("click", ({ target }) => {
  const unit = target.closest(".picture [data-unit]")?.dataset.unit;
  if (unit) assign(unit, next(contest, own[unit] ?? ""));
});

// The arrow keys

const { points, whole } = readMap(map, contest);
let cursor = null; // the race that the arrow keys have reached

function moveCursor(unit) {
  cursor = unit;
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
  } else if ((key === "Enter" || key === " ") && cursor) assign(cursor, next(contest, own[cursor] ?? ""));
  else if (key === "Escape") moveCursor(null);
  else return;
  event.preventDefault();
});
map.addEventListener("blur", () => moveCursor(null));

map.setAttribute("role", "application");
map.setAttribute("aria-roledescription", gettext("map"));
map.setAttribute("aria-describedby", "how");
part("hint").id = "how";
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
