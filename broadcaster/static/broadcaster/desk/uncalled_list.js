// The races that are not called, those with most weight first, as buttons of the draft.

import { uncalled } from "./unfinished.js";

const MAX_RACES = 14; // if there is one contest. The menu of races has them all
const MAX_OF_SEVERAL = 6; // of each contest, if there are several

export class UncalledList {
  /** `onPick(race)` gets a race in the form "contest/race". */
  constructor(element, contests, onPick) {
    Object.assign(this, { element, contests });
    element.addEventListener("click", ({ target }) => {
      const { race } = target.closest("button")?.dataset ?? {};
      if (race) onPick(race);
    });
  }

  /** Show the races that are open in `state`. */
  show(state) {
    const isSeveral = Object.keys(this.contests).length > 1;
    const lines = Object.entries(this.contests).map(([key, contest]) => [
      key,
      uncalled(state, key, contest),
    ]);
    const shown = JSON.stringify(lines);
    if (this.element.dataset.shown === shown) return;
    this.element.dataset.shown = shown;
    this.element.hidden = lines.every(([, races]) => !races.length);
    this.element.replaceChildren(
      ...lines.flatMap(([key, races]) => this.#line(key, races, isSeveral)),
    );
  }

  #line(key, races, isSeveral) {
    if (!races.length) return [];
    const contest = this.contests[key];
    const line = document.createElement("p");
    const most = isSeveral ? MAX_OF_SEVERAL : MAX_RACES;
    const buttons = races.slice(0, most).flatMap((race) => {
      const { name, weight } = contest.races[race];
      const button = document.createElement("button");
      button.type = "button";
      button.className = "desk-plain";
      button.dataset.race = `${key}/${race}`;
      button.textContent = contest.isWeighted ? `${race} ${weight}` : race;
      button.setAttribute("aria-label", `Call ${name}`);
      return [button, " "];
    });
    const rest = races.length > most ? `and ${races.length - most} more` : "";
    line.append(isSeveral ? `${key}, not called: ` : "Not called: ", ...buttons, rest);
    return [line];
  }
}
