// The viewer's own choices: a delay, another place than the broadcast's, an earlier election. Times
// are milliseconds on any clock. Only Explorer uses the page.

import { Replica } from "../../broadcaster/domain/replica.js";
import { gettext, ngettext } from "../../broadcaster/domain/translation.js";

/** Holds received events until the page shows them: after a delay, or when a pause ends. */
export class PlayoutBuffer {
  #held = []; // received and not shown yet, oldest first: {receivedAt, name, data}

  constructor(snapshot) {
    this.replica = new Replica(snapshot);
    this.delay = 0; // milliseconds
    this.paused = false;
  }

  /**
   * Go back before the first update of a history ({first, updates} of historyUntil), and add all
   * its updates at their own times. The server's clock is `clockOffset` ahead of this one.
   */
  rewind({ first, updates }, clockOffset) {
    this.replica = new Replica(first);
    for (const update of updates) this.add([["update", update]], update.at - clockOffset);
  }

  /** Add a session's events, except those that do not change the map. */
  add(events, now) {
    for (const [name, data] of events) {
      const changesMap = name === "snapshot" || name === "update";
      if (changesMap) this.#held.push({ receivedAt: now, name, data });
    }
  }

  /** Apply the events that are due, and return them. */
  release(now) {
    const due = [];
    while (this.nextDue !== null && this.nextDue <= now) {
      const { name, data } = this.#held.shift();
      if (name === "snapshot") this.replica = new Replica(data);
      else this.replica.apply(this.replica.position.epoch, data);
      due.push([name, data]);
    }
    return due;
  }

  /** When the next event is due; null if none has a time. */
  get nextDue() {
    return this.paused || !this.#held.length ? null : this.#held[0].receivedAt + this.delay;
  }

  /** The number of updates that wait. */
  get waiting() {
    const newest = this.#held.at(-1)?.data;
    if (!newest) return 0;
    const { epoch, seq } = this.replica.position;
    const sameLog = (newest.epoch ?? epoch) === epoch;
    return sameLog ? Math.max(newest.seq - seq, 1) : this.#held.length;
  }
}

/** Return the view to show. `own` is the viewer's place while exploring, null while following. */
export function viewOf(view, own) {
  return own === null ? view : { ...view, focus: own, highlight: [] };
}

const DISTRICT = 4; // map units from one district's point to the next, below their state's

/** Return each unit's point for the arrow keys. `shapes` has those of units with an outline. */
export function pointsOf(units, shapes) {
  const points = {};
  for (const unit of units) {
    const [state, district] = unit.split("-");
    const [x, y] = shapes[unit] ?? shapes[`${state}-AL`];
    points[unit] = shapes[unit] ? [x, y] : [x, y + DISTRICT * district];
  }
  return points;
}

const MIDDLE = "KS"; // where the arrow keys start
const DIRECTIONS = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/**
 * Return the unit to which an arrow key leads, or `from` at the edge of the map: the nearest one in
 * that direction, with distance to the side counting double. `points` has each unit's [x, y], y
 * growing downwards.
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

/** Return the units that are called for another party than in `before`. */
export function flipped(calls, before) {
  const other = ([unit, { party }]) => party && before[unit] && party !== before[unit];
  return Object.entries(calls).filter(other).map(([unit]) => unit);
}

/** Return an earlier election for draw(): {calls, election}. `past` is as Picture.past gives it. */
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

const SPREAD = 4000; // milliseconds over which followers fetch county lines, to spread the load

/** Lets the viewer explore the map with mouse and keys. */
export class Explorer {
  own = null; // the viewer's place; null while following
  pinned = null; // the unit whose facts are shown
  layer = ""; // "" for tonight, "swing", or a year
  #drawn = null; // the unit that is marked on the map
  #close = "US"; // the state whose county lines are shown
  #counties = new Map(); // by state: the promise of its lines

  /** Calls `onChange()` when the map has to be drawn again. */
  constructor(page, { election, past, counties }, onChange) {
    this.page = page;
    this.map = page.querySelector(".map");
    this.election = election;
    this.units = Object.keys(election.votes);
    this.past = past;
    this.addresses = counties;
    this.onChange = onChange;
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

  /** Return to the broadcast's view and tonight's calls. */
  follow() {
    this.own = this.pinned = null;
    this.showLayer("");
  }

  /** Keep the present place when the broadcast's view changes. */
  explore() {
    this.#go(this.own ?? this.map.dataset.focus);
  }

  /** Zoom in on a unit, or back out from it to the country. */
  zoom(unit = this.pinned) {
    this.pinned = unit;
    this.#go(this.map.dataset.focus === unit ? "US" : unit);
  }

  /** Show a unit's facts; when zoomed in, also go there. */
  pin(unit) {
    this.pinned = unit;
    if (unit && this.map.dataset.focus !== "US") this.#go(unit);
    else this.drawFacts();
  }

  /** Show tonight's calls (""), units that changed party ("swing"), or the election of a year. */
  showLayer(layer) {
    this.layer = layer;
    this.page.querySelector('[data-part="layer"]').value = layer;
    this.page.querySelector(".picture").toggleAttribute("data-past", Number(layer) > 0);
    this.onChange();
  }

  /** Return what the map shows of `state`: {state, election} for draw(). */
  visible(state) {
    const view = viewOf(state.view, this.own);
    if (this.layer === "swing") {
      const highlight = flipped(state.calls, this.election.before);
      return { state: { ...state, view: { ...view, highlight } }, election: this.election };
    }
    if (!this.layer) return { state: { ...state, view }, election: this.election };
    const { calls, election } = pastMap(this.past, Number(this.layer), this.units);
    const { looks } = this.election;
    const then = { ...election, looks };
    return { state: { ...state, calls, view: { ...view, highlight: [] } }, election: then };
  }

  /** Draw the pinned unit's facts, taken from the table, and its outline on the map. */
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

  /** Draw the county lines of the state in view, once they are loaded. */
  async drawCounties() {
    const state = this.map.dataset.focus.split("-")[0];
    const path = this.map.querySelector(".map-counties");
    const shape = this.map.querySelector(`.map-shapes [data-state="${state}"]`);
    path.dataset.look = shape?.dataset.look ?? ""; // they contrast with the state's colour
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
      this.#counties.delete(state); // to be tried again; the map is usable without them
      return "";
    }
  }

  #go(place) {
    this.own = place;
    this.onChange();
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
