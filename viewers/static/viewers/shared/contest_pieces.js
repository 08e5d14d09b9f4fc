// The contests of a show, of which the page has the map, the table and the tally of one. Loaded only
// by pages with several contests, and when names were corrected.

import { Contest } from "../../broadcaster/domain/replica.js";
import { drawTally } from "../../broadcaster/rendering/drawing.js";

const PREFETCH = [2, 12]; // seconds after which a page fetches the other contests, at random

export class ContestPieces {
  #kept = new Map(); // by digest: the promise of a contest's pieces, while they are not in the page
  #wanted;

  /**
   * `data` is the page's. `contests` are those of the page by key: a corrected one is replaced
   * there. Pieces are the elements with data-piece.
   */
  constructor(page, { shown, contestFiles, version, snapshot }, contests) {
    Object.assign(this, { page, shown, contests, version });
    this.address = contestFiles;
    this.digests = { ...snapshot.contests };
    this.#wanted = shown;
  }

  /** Put a contest into the page. Resolves to false if another one was wanted meanwhile. */
  async show(key) {
    this.#wanted = key;
    if (key === this.shown) return true;
    const pieces = await this.#load(key);
    if (this.#wanted !== key || this.shown === key) return this.shown === key;
    const before = this.#swap(pieces);
    this.#kept.set(this.digests[this.shown], Promise.resolve(before));
    this.#kept.delete(this.digests[key]);
    this.shown = key;
    return true;
  }

  /** Fetch the other contests soon, at a random time since thousands of pages open at once. */
  prefetch() {
    const [first, last] = PREFETCH;
    const fetchAll = () => {
      for (const key of Object.keys(this.contests)) {
        if (key !== this.shown) this.#load(key).catch(() => {}); // tried again when it is wanted
      }
    };
    setTimeout(fetchAll, (first + (last - first) * Math.random()) * 1000);
  }

  /**
   * Load the contests that `digests`, of a snapshot, has in a new version. Resolves to the keys of
   * those with corrected names and looks, or to null if more differs: then the page has to be
   * loaded again.
   */
  async update(digests) {
    const keys = Object.keys(digests);
    if (keys.join() !== Object.keys(this.contests).join()) return null;
    const changed = keys.filter((key) => digests[key] !== this.digests[key]);
    const loaded = await Promise.all(changed.map((key) => this.#loadData(digests[key])));
    for (const [index, key] of changed.entries()) {
      if (!isSame(this.contests[key], loaded[index])) return null;
    }
    for (const [index, key] of changed.entries()) {
      this.#kept.delete(this.digests[key]);
      this.digests[key] = digests[key];
      this.contests[key] = new Contest(loaded[index]);
      if (key === this.shown) this.#swap(await this.#load(key));
    }
    return changed;
  }

  async #loadData(digest) {
    return (await (await this.#fetch(`${digest}.json`)).json()).data;
  }

  #load(key) {
    const digest = this.digests[key];
    if (!this.#kept.has(digest)) {
      const pieces = this.#loadPieces(digest);
      this.#kept.set(digest, pieces);
      pieces.catch(() => this.#kept.delete(digest));
    }
    return this.#kept.get(digest);
  }

  async #loadPieces(digest) {
    const text = await (await this.#fetch(`${digest}.html?v=${this.version}`)).text();
    const found = new DOMParser().parseFromString(text, "text/html");
    return [...found.querySelectorAll("[data-piece]")];
  }

  async #fetch(name) {
    const response = await fetch(this.address + name, { credentials: "omit" });
    if (!response.ok) throw new Error(`${name}: HTTP status ${response.status}`);
    return response;
  }

  /** Replace the page's pieces, and return those that were there. Open groups stay open. */
  #swap(pieces) {
    return pieces.flatMap((piece) => {
      const before = this.page.querySelector(`[data-piece="${piece.dataset.piece}"]`);
      if (!before) return [];
      for (const group of piece.querySelectorAll("details")) {
        const same = before.querySelector(`details[data-group="${group.dataset.group}"]`);
        group.open = same ? same.open : group.open;
      }
      before.replaceWith(piece);
      return [before];
    });
  }
}

/** Return whether a contest has the races, weights and parties that `data` has. */
function isSame(contest, data) {
  const facts = ({ to_win, toWin = to_win, held, races, parties }) => [
    toWin,
    Object.entries(held),
    Object.entries(races).map(([race, { weight }]) => [race, weight]),
    parties.map(({ id }) => id),
  ];
  return JSON.stringify(facts(contest)) === JSON.stringify(facts(data));
}

/** Draw the score of each contest on its tab, and mark the tab of the one that is shown. */
export function drawTabs(page, contests, calls, shown) {
  for (const tab of page.querySelectorAll("[data-contest]")) {
    const { contest: key } = tab.dataset;
    drawTally(tab, contests[key].totals(calls[key]), contests[key]);
    if (key === shown) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}
