// One of the two screens, Preview and Program: a map with its headline.

import { draw, tag } from "../rendering/drawing.js";

export class Screen {
  constructor(element, election) {
    this.element = element;
    this.election = election;
  }

  /** Show `state`. `changed` units are outlined; `wholeCountry` replaces the view's focus. */
  show(state, label, changed = [], wholeCountry = false) {
    const { focus, highlight } = state.view;
    const outlined = focus === "US" ? highlight : [...highlight, focus];
    const view = wholeCountry ? { ...state.view, focus: "US", highlight: outlined } : state.view;
    draw(this.element, { ...state, view }, this.election);
    tag(this.element, "data-drafted", changed);
    const headline = this.#write("headline", state.story.headline || "No headline yet");
    headline.toggleAttribute("data-empty", !state.story.headline);
    this.#write("story", state.story.body);
    this.#write("label", label);
  }

  #write(name, text) {
    const element = this.element.querySelector(`[data-screen="${name}"]`);
    if (element.textContent !== text) element.textContent = text;
    return element;
  }
}
