// The viewer's own choices: a delay, another place than the broadcast's, another layer of the map.
// Times are milliseconds on any clock. Only Explorer uses the page.

import { Contest, Replica } from "../../broadcaster/domain/replica.js";
import { gettext } from "../../broadcaster/domain/translation.js";
import { numbers, pointOf, shapeAt } from "../../broadcaster/rendering/drawing.js";

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
  return own === null ? view : { focus: own, highlight: [] };
}

const SPREAD_BELOW = 1 / 258; // part of the map's width from one race of a shape to the next

/**
 * Return each race's point for the arrow keys. `labels` has the points of races with a label; others
 * on the same shape are below it. Races beside the map have none.
 */
export function pointsOf({ races }, labels, width) {
  const points = { ...labels };
  const below = {}; // by shape: its label, and how many races have been put below it
  for (const [race, point] of Object.entries(labels)) {
    if (races[race].shape) below[races[race].shape] = { point, count: 0 };
  }
  for (const [race, { shape }] of Object.entries(races)) {
    const place = below[shape];
    if (race in labels || !place) continue;
    place.count += 1;
    points[race] = [place.point[0], place.point[1] + place.count * width * SPREAD_BELOW];
  }
  return points;
}

const DIRECTIONS = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/**
 * Return the race to which an arrow key leads, or `from` at the edge of the map: the nearest one in
 * that direction, with distance to the side counting double. `points` has each race's [x, y], y
 * growing downwards.
 */
export function neighbour(points, from, key) {
  const [dx, dy] = DIRECTIONS[key];
  const [x, y] = points[from];
  let found = from;
  let least = Infinity;
  for (const [race, [px, py]] of Object.entries(points)) {
    const ahead = (px - x) * dx + (py - y) * dy;
    const aside = Math.abs((px - x) * dy - (py - y) * dx);
    const cost = ahead + 2 * aside;
    if (ahead > 0 && aside <= 1.25 * ahead && cost < least) [found, least] = [race, cost];
  }
  return found;
}

/** Return the race nearest to the middle of a map, where the arrow keys start. */
export function middle(points, [left, top, width, height]) {
  const away = (race) =>
    Math.hypot(points[race][0] - left - width / 2, points[race][1] - top - height / 2);
  return Object.keys(points).reduce((one, other) => (away(other) < away(one) ? other : one));
}

/** Return the points of a drawn map, and its whole view: {points, whole}. */
export function readMap(map, contest) {
  const whole = numbers(map.dataset.whole);
  const labels = [...map.querySelectorAll(".map-labels g")].map((label) => [
    label.dataset.unit,
    pointOf(label),
  ]);
  return { points: pointsOf(contest, Object.fromEntries(labels), whole[2]), whole };
}

/** Return the races that are called for another party than held them before. */
export function flipped(calls, { races }) {
  const other = ([race, { party }]) => party && races[race].before && party !== races[race].before;
  return Object.entries(calls).filter(other).map(([race]) => race);
}

/** Return an earlier outcome of a contest for draw(): {calls, contest}. */
export function pastMap(contest, index) {
  const { title, names, winners, weights = {} } = contest.earlier[index];
  const before = contest.earlier[index + 1]?.winners ?? [];
  const entries = Object.entries(contest.races);
  const races = entries.map(([race, { weight, ...rest }], i) => [
    race,
    { ...rest, weight: weights[race] ?? weight, before: before[i], names: undefined },
  ]);
  const won = entries.map(([race], i) => [race, { status: "called", party: winners[i] }]);
  return {
    calls: Object.fromEntries(won.filter(([, { party }]) => party)),
    contest: new Contest({
      ...contest,
      title,
      to_win: contest.toWin,
      parties: contest.parties.map((party) => ({ ...party, name: names[party.id] ?? party.name })),
      held: {},
      races: Object.fromEntries(races),
    }),
  };
}

const GAP = 12; // CSS pixels between a card and what it is about
const UNDECIDED = 3; // how much worse it is to cover a race that is not decided
const SPREAD = 4000; // milliseconds over which followers fetch county lines, to spread the load

/** Call `onRace(race)` when the mouse reaches a race in `picture`, and `onRace(null)` when it leaves. */
export function watchMouse(picture, onRace) {
  picture.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "mouse") onRace(target.closest("[data-unit]")?.dataset.unit ?? null);
  });
  picture.addEventListener("pointerleave", () => onRace(null));
}

/** Return the element that a race's card is placed beside: its shape, else its box, else the map. */
export function elementOf(race, map, contest) {
  const box = () => map.closest(".picture").querySelector(`.boxes [data-unit="${race}"]`);
  return shapeAt(map, contest.shapeOf(race)) ?? box() ?? map;
}

/**
 * Place a card beside what it is about, where it covers the least of other races, above all of those
 * that are not decided. Without that it is in the corner of the map. A phone has it at the lower edge
 * of the screen.
 */
export function placeCard(card, map, about) {
  const picture = card.parentElement;
  const room = picture.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const within = (value, least, most) => Math.max(Math.min(value, most), least);
  let [x, y] = [room.left, map.getBoundingClientRect().bottom - height];
  if (about) {
    const own = about.getBoundingClientRect();
    const races = [...picture.querySelectorAll(".map-shapes path, .boxes li")].map((race) => [
      race.getBoundingClientRect(),
      race.dataset.party ? 1 : UNDECIDED,
    ]);
    const beside = [own.right + GAP, own.left - GAP - width];
    const aligned = [own.left, own.right - width, room.left, room.right - width];
    const places = [
      ...beside.flatMap((x) => [[x, own.top], [x, own.bottom - height]]),
      ...aligned.flatMap((x) => [[x, own.bottom + GAP], [x, own.top - GAP - height]]),
    ].map(([x, y]) => [
      within(x, room.left, room.right - width),
      within(y, room.top, innerHeight - height - GAP),
    ]);
    const covered = ([x, y]) =>
      races.reduce((sum, [rect, worth]) => sum + worth * overlap(rect, x, y, width, height), 0);
    const free = places.filter(([x, y]) => !overlap(own, x, y, width, height));
    const costs = free.map(covered);
    [x, y] = free[costs.indexOf(Math.min(...costs))] ?? places[0];
  }
  card.style.left = `${x - room.left}px`;
  card.style.top = `${Math.max(y, room.top) - room.top}px`;
}

/** Return how many square pixels of `rect` are within a rectangle. */
function overlap({ left, right, top, bottom }, x, y, width, height) {
  const across = Math.min(right, x + width) - Math.max(left, x);
  const down = Math.min(bottom, y + height) - Math.max(top, y);
  return across > 0 && down > 0 ? across * down : 0;
}

/** Lets the viewer explore the map with mouse and keys. */
export class Explorer {
  own = null; // the viewer's place; null while following
  chosen = ""; // the contest that the viewer has chosen, while exploring
  pinned = null; // the race whose facts are shown
  pointed = null; // the race below the mouse, whose facts are shown while none is pinned
  layer = ""; // "" for tonight, "counted", "swing", or the index of an earlier outcome
  #drawn = null; // the race that is marked on the map
  #close = ""; // the shape whose county lines are shown
  #counties = new Map(); // by address: the promise of its lines
  #past = null; // the earlier outcome that is shown, {layer, …pastMap()}

  /**
   * Calls `onChange()` when the map has to be drawn again. `counties` has addresses of lines by
   * contest and shape. `factsOf(race)` returns the texts of a race's facts by part, and `votes`.
   */
  constructor(page, { counties }, onChange, factsOf) {
    Object.assign(this, { page, counties, onChange, factsOf });
    const picture = page.querySelector(".picture");
    picture.addEventListener("keydown", (event) => {
      if (event.target.closest(".map")) this.#onKey(event);
    });
    picture.addEventListener("click", ({ target }) => {
      const race = target.closest("[data-unit]")?.dataset.unit;
      if (race) this.pin(race);
    });
    watchMouse(picture, (race) => {
      this.pointed = race;
      this.drawFacts();
    });
    document.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      if (this.pinned) this.pin(null);
      else if (this.own !== null || this.layer) this.follow();
    });
  }

  /** Work on the map of a contest, which is in the page now. */
  show(key, contest) {
    Object.assign(this, { key, contest });
    this.map = this.page.querySelector(".map");
    Object.assign(this, readMap(this.map, contest));
    this.map.setAttribute("role", "application");
    this.map.setAttribute("aria-roledescription", gettext("map"));
    this.map.tabIndex = 0;
    this.map.setAttribute("aria-describedby", "map-hint");
    this.pinned = this.pointed = this.#drawn = this.#past = null;
    this.#close = "";
    const menu = this.#part("layer");
    const options = layers(contest).map(([value, words]) => new Option(words, value));
    menu.replaceChildren(...options);
    const isKept = !isPast(this.layer) && options.some(({ value }) => value === this.layer);
    if (!isKept) this.layer = "";
    menu.value = this.layer;
    this.#markLayer();
  }

  /** Return to the broadcast's view and tonight's calls. */
  follow() {
    this.own = this.pinned = null;
    this.showLayer("");
  }

  /** Show another contest, whole. */
  choose(key) {
    this.pinned = null;
    this.#go("", key);
  }

  /** Keep the present place when the broadcast's view changes. */
  explore() {
    this.#go(this.own ?? this.map.dataset.focus);
  }

  /** Zoom in on a race, or back out from it to the whole map. */
  zoom(race = this.pinned) {
    this.pinned = race;
    this.#go(this.map.dataset.focus === race ? "" : race);
  }

  /** Show a race's facts; when zoomed in, also go there. */
  pin(race) {
    this.pinned = race;
    if (race && this.map.dataset.focus) this.#go(race);
    else this.drawFacts();
  }

  /** Show tonight's calls or another layer. */
  showLayer(layer) {
    this.layer = layer;
    this.#part("layer").value = layer;
    this.#markLayer();
    this.onChange();
  }

  /** Return what the map shows of `state`, that of stateOf(): {state, contest} for draw(). */
  visible(state) {
    const { contest, layer } = this;
    const view = viewOf(state.view, this.own);
    if (layer === "counted") return { state: { ...state, view, calls: {}, layer }, contest };
    if (layer === "swing") {
      const highlight = flipped(state.calls, contest);
      return { state: { ...state, view: { ...view, highlight } }, contest };
    }
    if (!layer) return { state: { ...state, view }, contest };
    if (this.#past?.layer !== layer) this.#past = { layer, ...pastMap(contest, Number(layer)) };
    const { calls, contest: then } = this.#past;
    return { state: { calls, counts: {}, view: { ...view, highlight: [] } }, contest: then };
  }

  /** Draw the facts of the race that is pinned or pointed at, and its outline on the map. */
  drawFacts() {
    const { map, pinned, page } = this;
    const race = pinned ?? this.pointed;
    if (!race && !this.#drawn) return;
    this.#drawn = race;
    const shape = race && shapeAt(map, this.contest.shapeOf(race));
    map.querySelector(".map-cursor").setAttribute("d", shape ? shape.getAttribute("d") : "");
    for (const box of page.querySelectorAll(".boxes li")) {
      box.toggleAttribute("data-pinned", box.dataset.unit === pinned);
    }
    map.querySelector("#pinned-unit")?.removeAttribute("id");
    map.removeAttribute("aria-activedescendant");
    const card = this.#part("facts");
    card.hidden = race === null;
    card.toggleAttribute("data-pinned", pinned !== null);
    if (!race) return;
    const { votes, ...texts } = this.factsOf(race);
    this.#part("facts-rows").replaceChildren(...votes.flatMap(cells));
    for (const [name, text] of Object.entries(texts)) {
      this.#part(name).textContent = text;
    }
    const isClose = map.dataset.focus === race;
    this.#part("zoom").hidden = !shape;
    this.#part("zoom").textContent = isClose ? gettext("Whole map") : gettext("Zoom in");
    placeCard(card, map, isClose ? null : elementOf(race, map, this.contest));
    if (!shape || !pinned) return;
    shape.id = "pinned-unit";
    shape.setAttribute("role", "img");
    const words = [...this.#part("facts-words").children].map(({ textContent }) => textContent);
    shape.setAttribute("aria-label", words.filter(Boolean).join(", "));
    map.setAttribute("aria-activedescendant", "pinned-unit");
  }

  /** Draw the county lines of the shape in view, once they are loaded. */
  async drawCounties() {
    const { map } = this;
    const state = this.contest.shapeOf(map.dataset.focus);
    const path = map.querySelector(".map-counties");
    path.dataset.look = shapeAt(map, state)?.dataset.look ?? ""; // they contrast with its colour
    if (state === this.#close) return;
    this.#close = state;
    path.setAttribute("d", "");
    const address = this.counties[this.key]?.[state];
    if (!address) return;
    if (!this.#counties.has(address)) this.#counties.set(address, this.#fetchCounties(address));
    const lines = await this.#counties.get(address);
    if (this.map === map && this.#close === state) path.setAttribute("d", lines);
  }

  async #fetchCounties(address) {
    const wait = this.own === null ? SPREAD * Math.random() : 0;
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      return await (await fetch(address)).json();
    } catch {
      this.#counties.delete(address); // to be tried again; the map is usable without them
      return "";
    }
  }

  #part(name) {
    return this.page.querySelector(`[data-part="${name}"]`);
  }

  #markLayer() {
    const picture = this.page.querySelector(".picture");
    picture.toggleAttribute("data-past", isPast(this.layer));
    picture.toggleAttribute("data-counted", this.layer === "counted");
  }

  #go(place, key = this.key) {
    this.own = place;
    this.chosen = key;
    this.onChange();
  }

  #onKey(event) {
    const { key } = event;
    if (key in DIRECTIONS) {
      const { focus } = this.map.dataset;
      const here = focus in this.points ? focus : middle(this.points, this.whole);
      this.pin(this.pinned in this.points ? neighbour(this.points, this.pinned, key) : here);
    } else if ((key === "Enter" || key === " ") && this.pinned) this.zoom();
    else return;
    event.preventDefault();
  }
}

/** Return the cells of a row with the votes of one party. */
function cells({ look, ...texts }) {
  return Object.entries(texts).flatMap(([name, text]) => {
    const cell = document.createElement("span");
    cell.textContent = text;
    if (name === "letter") Object.assign(cell, { className: "swatch" }).dataset.look = look;
    return [cell, " "]; // the accessible name of a shape has all texts in one line
  });
}

function isPast(layer) {
  return /^\d+$/.test(layer);
}

/** Return the layers that a contest's map can show: [[value, words]]. live.html has the same. */
function layers({ races, earlier }) {
  const before = earlier[0]?.title;
  const isHeld = Object.values(races).some((race) => race.before);
  const changed = before
    ? gettext("Changed since %(title)s", { title: before })
    : gettext("Changed hands");
  return [
    ["", gettext("Tonight")],
    ["counted", gettext("Votes counted so far")],
    ...(isHeld ? [["swing", changed]] : []),
    ...earlier.map(({ title }, index) => [String(index), title]),
  ];
}
