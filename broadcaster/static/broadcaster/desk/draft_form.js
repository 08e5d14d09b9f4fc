// The form that holds the draft.

import { CHOICES, EMPTY, isCorrection, isDecided } from "./draft.js";

const FIELDS = ["title", "headline", "body", "announce", "focus", "reason"];

export class DraftForm {
  onChange = () => {}; // called after every edit

  /** `part(name)` finds an element of the desk. */
  constructor(part, names) {
    this.part = part;
    this.names = names;
    this.form = document.getElementById("draft");
    this.rows = new Map(); // unit -> its row
    this.highlight = [];
    this.annotations = []; // not shown in the form, but kept while a cue is edited
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", ({ target }) => {
      if (!target.matches("select[data-desk]")) this.onChange();
    });
    this.#onPick("add", (unit) => this.add(unit));
    this.#onPick("correct", (unit) => this.correct([unit]));
    this.#onPick("highlight", (place) =>
      this.#setHighlight([...new Set([...this.highlight, place])]),
    );
  }

  /** Return the draft. */
  read() {
    const fields = FIELDS.map((name) => [name, this.form.elements[name].value]);
    const calls = [...this.rows].map(([unit, row]) => [unit, readChoice(row)]);
    const { highlight, annotations } = this;
    const values = Object.fromEntries(fields);
    return { ...values, calls: Object.fromEntries(calls), highlight, annotations };
  }

  /** Show a draft. Keys it lacks, as one stored by an earlier version may, are empty. */
  write(draft) {
    const complete = { ...EMPTY, ...draft };
    for (const name of FIELDS) this.form.elements[name].value = complete[name];
    this.annotations = complete.annotations;
    for (const unit of this.rows.keys()) this.#removeCall(unit);
    for (const [unit, chosen] of Object.entries(complete.calls)) this.#addCall(unit, chosen);
    this.#setHighlight(complete.highlight);
  }

  /** Add a unit to be called, and move the focus to its choices. */
  add(unit) {
    const existing = this.rows.get(unit);
    const row = existing ?? this.#addCall(unit, "");
    if (!existing) this.onChange();
    (row.querySelector("input:checked") ?? row.querySelector("input")).focus();
  }

  /** Add a correction of the calls of `units`, and move the focus to the reason. */
  correct(units) {
    for (const unit of units) if (!this.rows.has(unit)) this.#addCall(unit, "retracted");
    this.onChange();
    this.form.elements.reason.focus();
  }

  /** Move the focus to a field; for "calls", to the first unit without a choice. */
  focus(field) {
    const row = [...this.rows.values()].find((each) => !readChoice(each));
    const input = field === "calls" ? row?.querySelector("input") : this.form.elements[field];
    (input ?? this.part("add")).focus();
  }

  /** Show the fields and choices that make sense for the map in `state`. */
  showChoices(state) {
    for (const [unit, row] of this.rows) {
      const [decided, chosen] = [isDecided(state, unit), readChoice(row)];
      row.querySelector('[data-call="open"]').hidden = decided && chosen !== "open";
      row.querySelector('[data-call="retract"]').hidden = !decided && chosen !== "retracted";
      row.querySelector('[type="checkbox"]').disabled = !CHOICES[chosen]?.party;
    }
    const { calls } = this.read();
    const corrects = Object.entries(calls).some(
      ([unit, chosen]) => CHOICES[chosen] && isCorrection(state, unit, CHOICES[chosen]),
    );
    this.part("reason").hidden = !corrects;
    this.part("announce").hidden = corrects; // a correction always interrupts screen readers
    this.#offerCorrections(Object.keys(state.calls).filter((unit) => isDecided(state, unit)));
  }

  /** List `units` in the menu of calls to correct. */
  #offerCorrections(units) {
    const menu = this.part("correct");
    const list = units.join(" ");
    if (menu.dataset.units === list) return;
    menu.dataset.units = list;
    menu.hidden = !units.length;
    const named = units.map((unit) => [this.names[unit], unit]).sort();
    menu.replaceChildren(menu.firstElementChild, ...named.map((item) => new Option(...item)));
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

  #addCall(unit, chosen) {
    const row = document.getElementById("call-row").content.cloneNode(true).firstElementChild;
    row.dataset.call = unit;
    row.querySelector('[data-call="name"]').textContent = this.names[unit];
    for (const input of row.querySelectorAll('[type="radio"]')) {
      input.name = `call-${unit}`;
      input.checked = input.value === chosen.replace("certified", "called");
    }
    row.querySelector('[type="checkbox"]').checked = chosen.startsWith("certified");
    const remove = row.querySelector('[data-call="remove"]');
    remove.setAttribute("aria-label", `Remove ${this.names[unit]} from the draft`);
    remove.addEventListener("click", () => {
      this.#removeCall(unit);
      this.onChange();
      this.part("add").focus();
    });
    this.part("calls").append(row);
    this.rows.set(unit, row);
    return row;
  }

  #removeCall(unit) {
    this.rows.get(unit).remove();
    this.rows.delete(unit);
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

/** Return a row's choice, a key of CHOICES, or "" if there is none yet. */
function readChoice(row) {
  const chosen = row.querySelector('[type="radio"]:checked')?.value ?? "";
  const certified = row.querySelector('[type="checkbox"]').checked;
  return certified ? chosen.replace("called", "certified") : chosen;
}
