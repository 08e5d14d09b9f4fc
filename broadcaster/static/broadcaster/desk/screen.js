// One of the two screens, Preview and Program: the map of a contest with its headline, and tabs.

import { racesIn, stateOf } from "../domain/replica.js";
import { draw, drawFresh, drawPins, drawTally } from "../rendering/drawing.js";

const HOLD = "On hold: back after the break"; // what viewers read above the map, except on phones

export class Screen {
  /** Calls `onChoose()` when another contest is to be shown. */
  constructor(element, contests, onChoose) {
    Object.assign(this, { element, contests });
    this.chosen = null; // the contest that was chosen by a tab; null: the one that matters
    element.addEventListener("click", (event) => {
      const tab = event.target.closest(".tab");
      if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.chosen = tab.dataset.contest;
      onChoose();
    });
  }

  /** The contest of an element on a map of this screen. */
  contestOf(element) {
    return element.closest(".picture").dataset.picture;
  }

  /**
   * Show a contest of `state`. `changed` races, as "contest/race", are outlined; `isWhole` replaces
   * the view's focus; `reason` is that of a correction.
   */
  show(state, label, contest, changed = [], isWhole = false, reason = "") {
    const key = this.chosen ?? contest;
    for (const picture of this.element.querySelectorAll(".picture")) {
      picture.hidden = picture.dataset.picture !== key;
    }
    for (const tab of this.element.querySelectorAll(".tab")) {
      const { contest: each } = tab.dataset;
      drawTally(tab, this.contests[each].totals(state.calls[each]), this.contests[each]);
      tab.toggleAttribute("data-changed", racesIn(each, changed).length > 0);
      if (each === key) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
    const picture = this.element.querySelector(`[data-picture="${key}"]`);
    const here = stateOf(state, key);
    const { focus, highlight } = here.view;
    const outlined = this.contests[key].isPlace(focus) ? [...highlight, focus] : highlight;
    const view = isWhole ? { focus: "", highlight: outlined } : here.view;
    draw(picture, { ...here, view }, this.contests[key]);
    drawFresh(picture, racesIn(key, changed), this.contests[key]);
    const headline = this.#write("headline", state.story.headline || "No headline yet");
    headline.toggleAttribute("data-empty", !state.story.headline);
    headline.dataset.length = lengthWord(state.story.headline);
    this.#write("hold", state.phase === "held" ? HOLD : "");
    this.#write("reason", reason);
    this.#write("story", state.story.body);
    this.#showNotes(state.story.annotations, key, picture);
    this.#write("label", label);
  }

  /** List the annotations. Those that point to a place here have its number on the map. */
  #showNotes(annotations, key, picture) {
    const list = this.element.querySelector('[data-screen="notes"]');
    const numbers = drawPins(picture, annotations, key, this.contests[key]);
    const notes = annotations.map(({ contest, at, text }, index) => {
      const isPlace = this.contests[contest]?.isPlace(at);
      const words = isPlace ? `${this.contests[contest].placeName(at)}: ${text}` : text;
      return [numbers[index], words];
    });
    const shown = JSON.stringify(notes);
    if (list.dataset.shown === shown) return;
    list.dataset.shown = shown;
    list.replaceChildren(...notes.map(([number, words]) => noteItem(number, words)));
  }

  #write(name, text) {
    const element = this.element.querySelector(`[data-screen="${name}"]`);
    if (element.textContent !== text) element.textContent = text;
    return element;
  }
}

/** Return how long a headline is, which chooses its letters. */
function lengthWord({ length }) {
  if (length > 120) return "longest";
  return length > 70 ? "long" : "";
}

function noteItem(number, words) {
  const item = document.createElement("li");
  if (number) item.dataset.number = number;
  item.dir = "auto";
  item.textContent = words;
  return item;
}
