// The form that holds the draft.

import { racesOf } from "../domain/replica.js";
import { AnnotationRows } from "./annotation_rows.js";
import { EMPTY, callOf, isCorrection, isDecided, lengthOf, toPartialChange } from "./draft.js";
import { headlineFor } from "./headline.js";
import { UncalledList } from "./uncalled_list.js";

const inOrder = new Intl.Collator("en", { numeric: true }).compare; // "Ohio 2" before "Ohio 10"
const byName = ([one], [other]) => inOrder(one, other);
const FIELDS = ["title", "headline", "body", "announce", "focus", "reason"];

export class DraftForm {
  onChange = () => {}; // called after every edit

  /**
   * `part(name)` finds an element of the desk. `places` has the names of the places that a view can
   * focus on, by contest and id, `limits` the most characters of texts by field. Races are in the
   * form "contest/race".
   */
  constructor(part, contests, places, limits) {
    Object.assign(this, { part, contests, places, limits });
    this.isSeveral = Object.keys(contests).length > 1;
    this.form = document.getElementById("draft");
    this.rows = new Map(); // "contest/race" -> its row
    this.highlight = [];
    this.isTyped = false; // a person wrote the headline, which is theirs from then on
    this.state = null; // the map on air
    this.annotations = new AnnotationRows(part("annotations"), contests, places, () => this.#edited());
    this.uncalled = new UncalledList(part("uncalled"), contests, (race) => this.add(race));
    this.#fillMenus();
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", ({ target }) => {
      if (target.name === "focus") this.#changeContest();
      if (target.name === "headline") {
        this.isTyped = Boolean(target.value.trim());
        this.onChange();
      } else if (!target.matches("select[data-desk]")) this.#edited();
    });
    this.#selectWrittenHeadline();
    this.#onPick("annotate", (place) => this.annotations.add(place));
    this.#onPick("add", (race) => this.add(race));
    this.#onPick("correct", (race) => this.correct([race]));
    this.#onPick("highlight", (place) =>
      this.#setHighlight([...new Set([...this.highlight, place])]),
    );
  }

  /** Return the draft. */
  read() {
    const fields = FIELDS.map((name) => [name, this.form.elements[name].value]);
    const calls = [...this.rows].map(([race, row]) => [race, readChoice(row)]);
    const { highlight, isTyped } = this;
    const annotations = this.annotations.read();
    const values = Object.fromEntries(fields);
    return { ...values, calls: Object.fromEntries(calls), highlight, annotations, isTyped };
  }

  /** A click into a headline that the desk has written selects it, so that typing replaces it. */
  #selectWrittenHeadline() {
    const { headline } = this.form.elements;
    let isEntering = false; // a second click puts the caret into it
    headline.addEventListener("pointerdown", () => (isEntering = document.activeElement !== headline));
    headline.addEventListener("click", () => {
      if (isEntering && !this.isTyped) headline.select();
    });
  }

  /** Write the headline of the calls, unless a person wrote one. A correction needs their words. */
  #edited() {
    const draft = this.read();
    const { calls } = toPartialChange(draft);
    const isNew = racesOf(calls).every(([contest, race]) =>
      calls[contest][race].status !== "retracted" &&
      !(this.state && isCorrection(this.state, [contest, race], calls[contest][race])),
    );
    if (!this.isTyped) {
      this.form.elements.headline.value = calls && isNew ? headlineFor(calls, this.contests) : "";
    }
    this.onChange();
  }

  /** Show a draft. Keys it lacks, as one stored by an earlier version may, are empty. */
  write(draft) {
    const complete = { ...EMPTY, ...draft };
    for (const name of FIELDS) this.form.elements[name].value = complete[name];
    const [contest] = complete.focus.split("/");
    const menu = this.form.elements.focus;
    if (!menu.value && contest in this.contests) menu.value = `${contest}/`; // the whole map
    this.#fillHighlightMenu();
    this.isTyped = draft.isTyped ?? Boolean(complete.headline);
    this.annotations.write(complete.annotations);
    for (const race of this.rows.keys()) this.#removeCall(race);
    for (const [race, chosen] of Object.entries(complete.calls)) {
      if (this.#isKnown(race)) this.#addCall(race, chosen);
    }
    this.#setHighlight(complete.highlight);
  }

  /** Add a race to be called, and move the focus to its choices. */
  add(race) {
    const existing = this.rows.get(race);
    const row = existing ?? this.#addCall(race, "");
    if (!existing) this.#edited();
    (row.querySelector("input:checked") ?? row.querySelector("input")).focus();
  }

  /** Add a correction of the calls of `races`, and move the focus to the reason. */
  correct(races) {
    for (const race of races) if (!this.rows.has(race)) this.#addCall(race, "retracted");
    this.#edited();
    this.form.elements.reason.focus();
  }

  /**
   * Move the focus to a field; for "calls", to the first race without a choice. Without a field the
   * focus stays.
   */
  focus(field) {
    if (!field) return;
    const row = [...this.rows.values()].find((each) => !readChoice(each));
    const input = field === "calls" ? row?.querySelector("input") : this.form.elements[field];
    (input ?? this.part("add")).focus();
  }

  /** Show the fields and choices that make sense for the map in `state`. */
  showChoices(state) {
    this.state = state;
    this.uncalled.show(state);
    this.#showLengths();
    for (const [race, row] of this.rows) {
      const [decided, chosen] = [isDecided(state, race.split("/")), readChoice(row)];
      row.querySelector('[data-call="open"]').hidden = decided && chosen !== "open";
      row.querySelector('[data-call="retract"]').hidden = !decided && chosen !== "retracted";
      row.querySelector('[type="checkbox"]').disabled = !callOf(chosen)?.party;
    }
    const { calls } = this.read();
    const corrects = Object.entries(calls).some(
      ([race, chosen]) => callOf(chosen) && isCorrection(state, race.split("/"), callOf(chosen)),
    );
    this.part("reason").hidden = !corrects;
    this.part("announce").hidden = corrects; // a correction always interrupts screen readers
    const decided = racesOf(state.calls).filter((race) => isDecided(state, race));
    this.#offerCorrections(decided.map((race) => race.join("/")));
  }

  /** Show the length of a text that nears its limit. Nothing is cut: the desk rejects the take. */
  #showLengths() {
    for (const element of this.form.querySelectorAll("[data-length]")) {
      const name = element.dataset.length;
      const limit = this.limits[name];
      const length = lengthOf(this.form.elements[name].value);
      element.textContent = length > 0.8 * limit ? `${length} of ${limit} characters` : "";
      element.toggleAttribute("data-over", length > limit);
    }
  }

  /** List races in the menu of calls to correct. */
  #offerCorrections(races) {
    const menu = this.part("correct");
    const list = races.join(" ");
    if (menu.dataset.races === list) return;
    menu.dataset.races = list;
    menu.hidden = !races.length;
    const named = races.map((race) => [this.#nameOf(race), race]).sort(byName);
    menu.replaceChildren(menu.firstElementChild, ...named.map((item) => new Option(...item)));
  }

  #isKnown(race) {
    const [key, id] = race.split("/");
    return Boolean(this.contests[key]?.races[id]);
  }

  /** Return the name of a race, after its contest's key if there are several. */
  #nameOf(race) {
    const [key, id] = race.split("/");
    const { name } = this.contests[key].races[id];
    return this.isSeveral ? `${key}: ${name}` : name;
  }

  /** Fill the menus of races and of views, a group for each contest. */
  #fillMenus() {
    for (const [key, contest] of Object.entries(this.contests)) {
      const races = Object.entries(contest.races).map(([id, { name }]) => [name, id]);
      this.#addGroup("add", key, races.sort(byName));
      this.#addGroup("focus", key, [["Whole map", ""], ...this.#placesOf(key)]);
      this.#addGroup("annotate", key, [["Whole map", ""], ...this.#placesOf(key)]);
    }
    this.#fillHighlightMenu();
  }

  #placesOf(key) {
    return Object.entries(this.places[key])
      .map(([id, name]) => [name, id])
      .sort(byName);
  }

  /** Add options for [name, id] of one contest. A chosen one has the contest's key before it. */
  #addGroup(name, key, items) {
    const before = this.isSeveral ? `${key}: ` : "";
    const options = items.map(([words, id]) => new Option(before + words, `${key}/${id}`));
    const menu = this.form.elements[name] ?? this.part(name);
    if (!this.isSeveral) return menu.append(...options);
    const group = document.createElement("optgroup");
    group.label = this.contests[key].title;
    group.append(...options);
    return menu.append(group);
  }

  /** The view may be of another contest now: its places can be highlighted, and no others. */
  #changeContest() {
    if (this.#fillHighlightMenu()) this.#setHighlight([]);
  }

  /** List the places of the view's contest. Return whether it is another contest than before. */
  #fillHighlightMenu() {
    const menu = this.part("highlight");
    const key = this.form.elements.focus.value.split("/")[0] || Object.keys(this.contests)[0];
    if (menu.dataset.of === key) return false;
    menu.dataset.of = key;
    const options = this.#placesOf(key).map((item) => new Option(...item));
    menu.replaceChildren(menu.firstElementChild, ...options);
    return true;
  }

  /** Call `act` with each item that is chosen in a menu, which then shows its title again. */
  #onPick(name, act) {
    const menu = this.part(name);
    menu.addEventListener("change", () => {
      const { value } = menu;
      menu.value = "";
      if (value) act(value);
    });
  }

  #addCall(race, chosen) {
    const row = document.getElementById("call-row").content.cloneNode(true).firstElementChild;
    const name = this.#nameOf(race);
    row.dataset.call = race;
    row.querySelector('[data-call="name"]').textContent = name;
    row.querySelector("legend").after(...this.#partyChoices(race));
    for (const input of row.querySelectorAll('[type="radio"]')) {
      input.name = `call-${race}`;
      input.checked = input.value === chosen.replace("certified", "called");
    }
    row.querySelector('[type="checkbox"]').checked = chosen.startsWith("certified");
    const remove = row.querySelector('[data-call="remove"]');
    remove.setAttribute("aria-label", `Remove ${name} from the draft`);
    remove.addEventListener("click", () => {
      this.#removeCall(race);
      this.#edited();
      this.part("add").focus();
    });
    this.part("calls").append(row);
    this.rows.set(race, row);
    return row;
  }

  /** Return a choice for each party of a race's contest. */
  #partyChoices(race) {
    const [key, id] = race.split("/");
    const contest = this.contests[key];
    return contest.parties.map((party) => {
      const template = document.getElementById("call-party");
      const choice = template.content.cloneNode(true).firstElementChild;
      choice.dataset.look = party.look;
      choice.querySelector("input").value = `called-${party.id}`;
      choice.querySelector("span").textContent = `${party.letter} ${contest.nameOf(party.id, id)}`;
      return choice;
    });
  }

  #removeCall(race) {
    this.rows.get(race).remove();
    this.rows.delete(race);
  }

  #setHighlight(places) {
    const before = this.highlight;
    this.highlight = places;
    const chips = places.map((place) => {
      const chip = document.getElementById("chip").content.cloneNode(true).firstElementChild;
      chip.querySelector("span").textContent = place;
      const remove = chip.querySelector("button");
      remove.setAttribute("aria-label", `Remove the highlight of ${place}`);
      remove.addEventListener("click", () =>
        this.#setHighlight(this.highlight.filter((each) => each !== place)),
      );
      return chip;
    });
    this.part("highlights").replaceChildren(...chips);
    if (before.join() !== places.join()) this.onChange();
  }
}

/** Return a row's choice, as callOf() takes it, or "" if there is none yet. */
function readChoice(row) {
  const chosen = row.querySelector('[type="radio"]:checked')?.value ?? "";
  const certified = row.querySelector('[type="checkbox"]').checked;
  return certified ? chosen.replace("called", "certified") : chosen;
}
