// The draft's form: what it holds, as draft.js has it, and back.

import { CHOICES, corrects, decided, EMPTY } from "./draft.js";

const FIELDS = ["title", "headline", "body", "announce", "focus", "reason"];

export class DraftForm {
  onChange = () => {}; // hears of every edit

  /** `part(name)` finds an element of the desk. */
  constructor(part, names) {
    this.part = part;
    this.names = names;
    this.form = document.getElementById("draft");
    this.rows = new Map(); // unit -> its row
    this.highlight = [];
    this.annotations = []; // the form does not show them, and does not lose them
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", ({ target }) => {
      if (!target.matches("select[data-desk]")) this.onChange();
    });
    part("add").addEventListener("change", ({ target }) => this.#picked(target, (unit) => this.add(unit)));
    part("correct").addEventListener("change", ({ target }) =>
      this.#picked(target, (unit) => this.correct([unit])),
    );
    part("highlight").addEventListener("change", ({ target }) =>
      this.#picked(target, (place) => this.#outline([...new Set([...this.highlight, place])])),
    );
  }

  read() {
    const fields = FIELDS.map((name) => [name, this.form.elements[name].value]);
    const calls = [...this.rows].map(([unit, row]) => [unit, choice(row)]);
    const { highlight, annotations } = this;
    return { ...Object.fromEntries(fields), calls: Object.fromEntries(calls), highlight, annotations };
  }

  write(draft) {
    const whole = { ...EMPTY, ...draft };
    for (const name of FIELDS) this.form.elements[name].value = whole[name];
    this.annotations = whole.annotations;
    for (const unit of this.rows.keys()) this.#drop(unit);
    for (const [unit, chosen] of Object.entries(whole.calls)) this.#row(unit, chosen);
    this.#outline(whole.highlight);
  }

  /** A unit to be called; the cursor goes to its choices. */
  add(unit) {
    const known = this.rows.get(unit);
    const row = known ?? this.#row(unit, "");
    if (!known) this.onChange();
    (row.querySelector("input:checked") ?? row.querySelector("input")).focus();
  }

  /** Calls that were wrong; the cursor goes to the reason. */
  correct(units) {
    for (const unit of units) if (!this.rows.has(unit)) this.#row(unit, "retracted");
    this.onChange();
    this.form.elements.reason.focus();
  }

  focus(field) {
    const row = [...this.rows.values()].find((each) => !choice(each));
    const place = field === "calls" ? row?.querySelector("input") : this.form.elements[field];
    (place ?? this.part("add")).focus();
  }

  /** What the map as it is leaves to choose. */
  show(state) {
    for (const [unit, row] of this.rows) {
      const called = decided(state, unit);
      row.querySelector('[data-call="open"]').hidden = called && choice(row) !== "open";
      row.querySelector('[data-call="retract"]').hidden = !called && choice(row) !== "retracted";
      const certified = row.querySelector('[type="checkbox"]');
      certified.disabled = !CHOICES[choice(row)]?.party;
    }
    const { calls } = this.read();
    const wrong = Object.entries(calls).some(
      ([unit, chosen]) => CHOICES[chosen] && corrects(state, unit, CHOICES[chosen]),
    );
    this.part("reason").hidden = !wrong;
    this.part("announce").hidden = wrong; // a correction is heard at once
    this.#offer(Object.keys(state.calls).filter((unit) => decided(state, unit)));
  }

  #offer(units) {
    const menu = this.part("correct");
    const now = units.join(" ");
    if (menu.dataset.units === now) return;
    menu.dataset.units = now;
    menu.hidden = !units.length;
    const named = units.map((unit) => [this.names[unit], unit]).sort();
    menu.replaceChildren(menu.firstElementChild, ...named.map((item) => new Option(...item)));
  }

  #picked(menu, act) {
    const { value } = menu;
    menu.value = "";
    if (value) act(value);
  }

  #row(unit, chosen) {
    const row = document.getElementById("call-row").content.cloneNode(true).firstElementChild;
    row.dataset.call = unit;
    row.querySelector('[data-call="name"]').textContent = this.names[unit];
    for (const input of row.querySelectorAll('[type="radio"]')) {
      input.name = `call-${unit}`;
      input.checked = input.value === chosen.replace("certified", "called");
    }
    row.querySelector('[type="checkbox"]').checked = chosen.startsWith("certified");
    const out = row.querySelector('[data-call="out"]');
    out.setAttribute("aria-label", `Leave ${this.names[unit]} out`);
    out.addEventListener("click", () => {
      this.#drop(unit);
      this.onChange();
      this.part("add").focus();
    });
    this.part("calls").append(row);
    this.rows.set(unit, row);
    return row;
  }

  #drop(unit) {
    this.rows.get(unit).remove();
    this.rows.delete(unit);
  }

  #outline(places) {
    const before = this.highlight;
    this.highlight = places;
    const chips = places.map((place) => {
      const chip = document.getElementById("chip").content.cloneNode(true).firstElementChild;
      chip.querySelector("span").textContent = place;
      const out = chip.querySelector("button");
      out.setAttribute("aria-label", `No longer highlight ${place}`);
      out.addEventListener("click", () => this.#outline(this.highlight.filter((p) => p !== place)));
      return chip;
    });
    this.part("highlights").replaceChildren(...chips);
    if (before.join() !== places.join()) this.onChange();
  }
}

/** The name of a row's choice, as in CHOICES; "" if there is none yet. */
function choice(row) {
  const chosen = row.querySelector('[type="radio"]:checked')?.value ?? "";
  const certified = row.querySelector('[type="checkbox"]').checked;
  return certified ? chosen.replace("called", "certified") : chosen;
}
