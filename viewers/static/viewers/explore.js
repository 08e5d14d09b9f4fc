// What this viewer looks at: now or later, the broadcast's place or another. Pure.
// Times are milliseconds on any clock.

import { Replica } from "../broadcaster/replica.js";

/** What the page shows of what the session heard: late under a delay, frozen while paused. */
export class Showing {
  #held = []; // heard and not shown yet, oldest first: {heard, name, data}

  constructor(snapshot) {
    this.replica = new Replica(snapshot);
    this.delay = 0; // milliseconds
    this.paused = false;
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
