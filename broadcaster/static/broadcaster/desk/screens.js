// Preview and Program: a picture of the map with its headline.

import { draw, tag } from "../rendering/drawing.js";

export class Screen {
  constructor(element, election) {
    this.element = element;
    this.election = election;
  }

  /** Show a state. `changed`: units to outline; `whole`: the country, whatever the view is. */
  show(state, what, changed = [], whole = false) {
    const { focus, highlight } = state.view;
    const inView = focus === "US" ? highlight : [...highlight, focus];
    const view = whole ? { ...state.view, focus: "US", highlight: inView } : state.view;
    draw(this.element, { ...state, view }, this.election);
    tag(this.element, "data-drafted", changed);
    const headline = this.#write("headline", state.story.headline || "No headline yet");
    headline.toggleAttribute("data-none", !state.story.headline);
    this.#write("story", state.story.body);
    this.#write("what", what);
  }

  #write(name, words) {
    const element = this.element.querySelector(`[data-screen="${name}"]`);
    if (element.textContent !== words) element.textContent = words;
    return element;
  }
}
