// One of the two screens, Preview and Program: the map of a contest with its headline, and tabs.

import { stateOf } from "../domain/replica.js";
import { draw, drawTally, racesIn, tag } from "../rendering/drawing.js";
import { drawPins } from "./pins.js";

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
   * the view's focus.
   */
  show(state, label, contest, changed = [], isWhole = false) {
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
    tag(picture, "data-drafted", racesIn(key, changed));
    const headline = this.#write("headline", state.story.headline || "No headline yet");
    headline.toggleAttribute("data-empty", !state.story.headline);
    this.#write("story", state.story.body);
    this.#showNotes(state.story.annotations, key, picture);
    this.#write("label", label);
  }

  /** List the annotations under their numbers, which stand on the map where they point. */
  #showNotes(annotations, key, picture) {
    const list = this.element.querySelector('[data-screen="notes"]');
    const notes = annotations.map(({ contest, at, text }) => {
      const isPlace = this.contests[contest]?.isPlace(at);
      return isPlace ? `${this.contests[contest].placeName(at)}: ${text}` : text;
    });
    const shown = JSON.stringify(notes);
    if (list.dataset.shown !== shown) {
      list.dataset.shown = shown;
      list.replaceChildren(
        ...notes.map((text) => Object.assign(document.createElement("li"), { dir: "auto", textContent: text })),
      );
    }
    const here = annotations.map(({ contest, at }) => (contest === key ? at : ""));
    for (const map of picture.querySelectorAll(".map")) drawPins(map, here, this.contests[key]);
  }

  #write(name, text) {
    const element = this.element.querySelector(`[data-screen="${name}"]`);
    if (element.textContent !== text) element.textContent = text;
    return element;
  }
}
