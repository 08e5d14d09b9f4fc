// What this viewer looks at: now or later, the broadcast's place or another, tonight or before.
// Times are milliseconds on any clock. All but Explorer is pure.

import { Replica } from "../../broadcaster/domain/replica.js";
import { gettext, ngettext } from "../../broadcaster/domain/translation.js";

/** What the page shows of what the session heard: late under a delay, frozen while paused. */
export class Showing {
  #held = []; // heard and not shown yet, oldest first: {heard, name, data}

  constructor(snapshot) {
    this.replica = new Replica(snapshot);
    this.delay = 0; // milliseconds
    this.paused = false;
  }

  /**
   * Go back before the first update of a history ({first, updates} of historyUntil), and hear
   * them all when they came. The server's clock is `ahead` of ours.
   */
  rewind({ first, updates }, ahead) {
    this.replica = new Replica(first);
    for (const update of updates) this.hear([["update", update]], update.at - ahead);
  }

  /** Take in a session's events; those that change nothing on the map are left out. */
  hear(events, now) {
    for (const [name, data] of events) {
      if (name === "snapshot" || name === "update") this.#held.push({ heard: now, name, data });
    }
  }

  /** Apply what is due now; gives those events. */
  show(now) {
    const due = [];
    while (this.next !== null && this.next <= now) {
      const { name, data } = this.#held.shift();
      if (name === "snapshot") this.replica = new Replica(data);
      else this.replica.receive(this.replica.position.epoch, data);
      due.push([name, data]);
    }
    return due;
  }

  /** When something is due next; null if nothing waits for its time. */
  get next() {
    return this.paused || !this.#held.length ? null : this.#held[0].heard + this.delay;
  }

  /** How many updates wait. */
  get waiting() {
    const newest = this.#held.at(-1)?.data;
    if (!newest) return 0;
    const { epoch, seq } = this.replica.position;
    const sameLog = (newest.epoch ?? epoch) === epoch;
    return sameLog ? Math.max(newest.seq - seq, 1) : this.#held.length;
  }
}

/** The view to show. `own` is the viewer's place while exploring, null while following. */
export function viewOf(view, own) {
  return own === null ? view : { ...view, focus: own, highlight: [] };
}

const DISTRICT = 4; // map units from one district's point to the next, below their state's

/** Where each unit is for the arrow keys. `shapes` has the [x, y] of those that have an outline. */
export function pointsOf(units, shapes) {
  const points = {};
  for (const unit of units) {
    const [state, district] = unit.split("-");
    const [x, y] = shapes[unit] ?? shapes[`${state}-AL`];
    points[unit] = shapes[unit] ? [x, y] : [x, y + DISTRICT * district];
  }
  return points;
}

const MIDDLE = "KS"; // where the arrow keys begin
const DIRECTIONS = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/**
 * The unit that an arrow key leads to, or `from` where the map ends. `points` has each unit's
 * [x, y], y growing downwards: the nearest on that side, a side step counting double.
 */
export function neighbour(points, from, key) {
  const [dx, dy] = DIRECTIONS[key];
  const [x, y] = points[from];
  let found = from;
  let least = Infinity;
  for (const [unit, [px, py]] of Object.entries(points)) {
    const ahead = (px - x) * dx + (py - y) * dy;
    const aside = Math.abs((px - x) * dy - (py - y) * dx);
    const cost = ahead + 2 * aside;
    if (ahead > 0 && aside <= 1.25 * ahead && cost < least) [found, least] = [unit, cost];
  }
  return found;
}

/** The units that are called for another party than `before` has them. */
export function flipped(calls, before) {
  const other = ([unit, { party }]) => party && before[unit] && party !== before[unit];
  return Object.entries(calls).filter(other).map(([unit]) => unit);
}

/** An earlier election as draw() takes it, {calls, election}. `past` is as Picture.past has it. */
export function pastMap(past, year, units) {
  const winners = (of) => {
    const found = past.find((each) => each.year === of);
    return Object.fromEntries(units.map((unit, i) => [unit, found?.winners[i]]));
  };
  const { candidates, votes } = past.find((each) => each.year === year);
  const won = Object.entries(winners(year));
  return {
    calls: Object.fromEntries(won.map(([unit, party]) => [unit, { status: "called", party }])),
    election: {
      year,
      candidates,
      votes: Object.fromEntries(units.map((unit, i) => [unit, votes[i]])),
      before: winners(year - 4),
    },
  };
}

const SPREAD = 4000; // milliseconds over which followers ask for county lines, not all at once

/** The viewer's own way over the map, by mouse and by keys. */
export class Explorer {
  own = null; // the place looked at; null while following
  pinned = null; // the unit whose facts are shown
  layer = ""; // "" for tonight, "swing", or a year
  #drawn = null; // the unit that is marked on the map
  #close = "US"; // the state that is close up
  #counties = new Map(); // by state: its lines, or the promise of them

  /** `changed()` is called when the map has to be drawn again. */
  constructor(page, { election, past, counties }, changed) {
    this.page = page;
    this.map = page.querySelector(".map");
    this.election = election;
    this.units = Object.keys(election.votes);
    this.past = past;
    this.addresses = counties;
    this.changed = changed;
    const labels = [...this.map.querySelectorAll(".map-labels g")].map((label) => [
      label.dataset.unit,
      label.getAttribute("transform").match(/-?[\d.]+/g).map(Number),
    ]);
    this.points = pointsOf(this.units, Object.fromEntries(labels));
    this.map.setAttribute("role", "application");
    this.map.setAttribute("aria-roledescription", gettext("map"));
    this.map.tabIndex = 0;
    this.map.addEventListener("keydown", (event) => this.#onKey(event));
    page.querySelector(".picture").addEventListener("click", ({ target }) => {
      const unit = target.closest("[data-unit]")?.dataset.unit;
      if (unit) this.zoom(unit);
    });
    document.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      if (this.pinned) this.pin(null);
      else if (this.own !== null || this.layer) this.follow();
    });
  }

  /** Back to what the broadcast shows. */
  follow() {
    this.own = this.pinned = null;
    this.showLayer("");
  }

  /** Stay here, wherever the broadcast goes. */
  explore() {
    this.#go(this.own ?? this.map.dataset.focus);
  }

  /** To a unit, or back from it to the whole country. */
  zoom(unit = this.pinned) {
    this.pinned = unit;
    this.#go(this.map.dataset.focus === unit ? "US" : unit);
  }

  /** Show a unit's facts; close up, go there. */
  pin(unit) {
    this.pinned = unit;
    if (unit && this.map.dataset.focus !== "US") this.#go(unit);
    else this.drawFacts();
  }

  /** Tonight's calls (""), what has changed party ("swing"), or an earlier election by its year. */
  showLayer(layer) {
    this.layer = layer;
    this.page.querySelector('[data-part="layer"]').value = layer;
    this.page.querySelector(".picture").toggleAttribute("data-past", Number(layer) > 0);
    this.changed();
  }

  /** What the map shows of `state`: {state, election} for draw(). */
  seen(state) {
    const view = viewOf(state.view, this.own);
    if (this.layer === "swing") {
      const highlight = flipped(state.calls, this.election.before);
      return { state: { ...state, view: { ...view, highlight } }, election: this.election };
    }
    if (!this.layer) return { state: { ...state, view }, election: this.election };
    const { calls, election } = pastMap(this.past, Number(this.layer), this.units);
    return { state: { ...state, calls, view: { ...view, highlight: [] } }, election };
  }

  /** The pinned unit's facts, as the table has them, and its place on the map. */
  drawFacts() {
    const { map, pinned, page } = this;
    const part = (name) => page.querySelector(`[data-part="${name}"]`);
    const shape = pinned && map.querySelector(`[data-state="${pinned.split("-")[0]}"]`);
    if (!pinned && !this.#drawn) return;
    this.#drawn = pinned;
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
    const index = this.units.indexOf(pinned);
    const won = this.past.map(({ year, winners }) => `${year} ${winners[index]}`).join(", ");
    part("unit").textContent = row.querySelector("th").textContent;
    part("facts-votes").textContent = ngettext("%(count)s vote", "%(count)s votes", votes);
    part("facts-result").textContent = row.querySelector('[data-part="result"]').textContent;
    part("facts-before").textContent = won && gettext("Before: %(winners)s", { winners: won });
    const isClose = map.dataset.focus === pinned;
    part("zoom").textContent = isClose ? gettext("Back to US") : gettext("Zoom in");
    shape.id = "pinned-unit";
    shape.setAttribute("role", "img");
    shape.setAttribute("aria-label", part("facts-words").textContent.replace(/\s+/g, " ").trim());
    map.setAttribute("aria-activedescendant", "pinned-unit");
  }

  /** The county lines of the state in view, once they are here. */
  async drawCounties() {
    const state = this.map.dataset.focus.split("-")[0];
    const path = this.map.querySelector(".map-counties");
    const shape = this.map.querySelector(`.map-shapes [data-state="${state}"]`);
    path.dataset.party = shape?.dataset.party ?? ""; // its colour goes with what lies below
    if (state === this.#close) return;
    this.#close = state;
    path.setAttribute("d", "");
    if (!this.addresses[state]) return;
    if (!this.#counties.has(state)) this.#counties.set(state, this.#fetchCounties(state));
    const lines = await this.#counties.get(state);
    if (this.#close === state) path.setAttribute("d", lines);
  }

  async #fetchCounties(state) {
    const wait = this.own === null ? SPREAD * Math.random() : 0;
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      return await (await fetch(this.addresses[state])).json();
    } catch {
      this.#counties.delete(state); // another time: the map is whole without them
      return "";
    }
  }

  #go(place) {
    this.own = place;
    this.changed();
  }

  #onKey(event) {
    const { key } = event;
    if (key in DIRECTIONS) {
      const { focus } = this.map.dataset;
      const here = focus in this.points ? focus : MIDDLE;
      this.pin(this.pinned === null ? here : neighbour(this.points, this.pinned, key));
    } else if ((key === "Enter" || key === " ") && this.pinned) this.zoom();
    else return;
    event.preventDefault();
  }
}
