// The calculator: a click, a key or a menu calls a unit. The address holds the map.

import { draw, passed, result } from "../../broadcaster/rendering/drawing.js";
import { totals } from "../../broadcaster/domain/replica.js";
import { gettext, ngettext, setLanguage } from "../../broadcaster/domain/translation.js";
import { neighbour, pointsOf } from "../shared/explore.js";
import { encode, next } from "./scenario.js";
import { passing } from "../shared/wording.js";

const page = document.querySelector("main");
const map = page.querySelector(".map");
const form = page.querySelector("form");
const share = form.querySelector("#share");
const copy = form.querySelector('[data-action="copy"]');
const { election, own, tonight, words } = JSON.parse(
  document.getElementById("calculator").textContent,
);
setLanguage(words);
const units = Object.keys(election.votes); // in alphabetical order
const VIEW = { focus: "US", highlight: [] };

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

/** Return whether a unit has a call of tonight that stays. */
function isKept(unit) {
  return form.keep.checked && unit in tonight;
}

function calls() {
  const made = Object.entries(own).map(([unit, party]) => [unit, { status: "called", party }]);
  return { ...Object.fromEntries(made), ...(form.keep.checked ? tonight : {}) };
}

function drawAll() {
  const shown = calls();
  draw(page, { view: VIEW, calls: shown }, election);
  for (const menu of form.querySelectorAll("select")) {
    menu.value = shown[menu.name]?.party ?? "";
    menu.disabled = isKept(menu.name);
  }
  const address = new URL(location.pathname, location.href);
  const parties = Object.entries(shown).map(([unit, { party }]) => [unit, party]);
  address.searchParams.set("s", encode(units, Object.fromEntries(parties)));
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

/** Write a unit's call and the totals below the map; screen readers announce it. */
function describe(unit) {
  const shown = calls();
  const { candidates, votes } = election;
  const count = ngettext("%(count)s vote", "%(count)s votes", votes[unit]);
  const name = page.querySelector(`#row-${unit}`).textContent;
  const open = gettext("open");
  const goes = shown[unit] ? result(shown[unit], candidates) : open;
  const kept = isKept(unit) ? [gettext("called tonight")] : [];
  const won = totals(votes, shown);
  const other = won.O ? `${candidates.O} ${won.O}, ` : "";
  const winner = candidates[passed(won)];
  part("announcement").textContent = [
    `${name}, ${count}: ${[goes, ...kept].join(", ")}.`,
    `${candidates.D} ${won.D}, ${candidates.R} ${won.R}, ${other}${open} ${won.uncalled}.`,
    winner ? passing(winner) : "",
  ].join(" ");
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => {
  if (target.matches("select")) assign(target.name, target.value);
  else drawAll();
});
page.addEventListener("click", ({ target }) => {
  const unit = target.closest(".picture [data-unit]")?.dataset.unit;
  if (unit) assign(unit, next(own[unit] ?? ""));
});

// The arrow keys

const points = pointsOf(
  units,
  Object.fromEntries(
    [...map.querySelectorAll(".map-labels g")].map((label) => [
      label.dataset.unit,
      label.getAttribute("transform").match(/-?[\d.]+/g).map(Number),
    ]),
  ),
);
let cursor = null; // the unit that the arrow keys have reached

function moveCursor(unit) {
  cursor = unit;
  const shape = cursor && map.querySelector(`[data-state="${cursor.split("-")[0]}"]`);
  map.querySelector(".map-cursor").setAttribute("d", shape ? shape.getAttribute("d") : "");
  for (const box of page.querySelectorAll(".boxes li")) {
    box.toggleAttribute("data-pinned", box.dataset.unit === cursor);
  }
}

map.addEventListener("keydown", (event) => {
  const { key } = event;
  if (key.startsWith("Arrow")) {
    moveCursor(cursor ? neighbour(points, cursor, key) : "KS");
    describe(cursor);
  } else if ((key === "Enter" || key === " ") && cursor) assign(cursor, next(own[cursor] ?? ""));
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
