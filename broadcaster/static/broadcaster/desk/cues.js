// The rundown on the page: a row for each cue, kept in the server's order.

import { describe } from "./draft.js";
import { sortable } from "./drag.js";
import { beforeWhich, choices, note, standing } from "./rundown.js";

const MARKS = {
  next: "NEXT",
  preview: "PREVIEW",
  editing: "EDITED HERE",
  taken: "✓ TAKEN",
  waiting: "WAITS",
  scheduled: "SCHEDULED",
  proposed: "PROPOSED",
  crosses: "NEEDS SECOND PERSON",
};

export class Cues {
  /** `act(command, cue, more)` is called for every button; commands are the server's, and
   * "select" and "edit". */
  constructor(list, may, me, act) {
    this.list = list;
    this.may = may;
    this.me = me;
    this.act = act;
    this.cues = [];
    this.rows = new Map(); // id -> its row
    if (may.prepare) sortable(list, (id, before) => act("move", this.#cue(id), before));
  }

  /** `marked`: {next, preview, editing}, ids of cues; `now`: the server's time. */
  show(cues, marked, now, live) {
    this.cues = cues;
    const gone = new Set(this.rows.keys());
    cues.forEach((cue, place) => {
      gone.delete(cue.id);
      const row = this.rows.get(cue.id) ?? this.#row(cue.id);
      if (this.list.children[place] !== row) this.#put(row, place);
      this.#fill(row, cue, marked, now, live);
    });
    for (const id of gone) this.#leave(id);
  }

  /** The countdowns alone. */
  tick(now, live) {
    for (const cue of this.cues) {
      if (cue.due === null) continue;
      write(this.rows.get(cue.id), "note", note(cue, now, this.me, live));
    }
  }

  focus(id) {
    this.rows.get(id)?.querySelector('[data-cue="select"]').focus();
  }

  /** A cue's row, seen in its list without moving the page. */
  reveal(id) {
    const row = this.rows.get(id);
    if (!row) return;
    const [top, bottom] = [row.offsetTop, row.offsetTop + row.offsetHeight];
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop || bottom > scrollTop + clientHeight) {
      this.list.scrollTop = top - clientHeight / 3;
    }
  }

  #cue(id) {
    return this.cues.find((cue) => cue.id === id);
  }

  #row(id) {
    const row = document.getElementById("cue-row").content.cloneNode(true).firstElementChild;
    row.dataset.id = id;
    row.addEventListener("click", ({ target }) => {
      const name = target.closest("button")?.dataset.cue;
      if (name === "up" || name === "down") return this.#move(id, name === "up" ? -1 : 1);
      if (name === "set") {
        const input = row.querySelector('[data-cue="at"]');
        if (!input.value) return input.focus();
        return this.act("schedule", this.#cue(id), input.value);
      }
      if (name) this.act(name, this.#cue(id));
    });
    row.addEventListener("keydown", (event) => this.#keys(event, id));
    row.querySelector(".cue-grip").draggable = this.may.prepare;
    this.rows.set(id, row);
    return row;
  }

  /** Moving an element takes the focus from it. */
  #put(row, place) {
    const focused = row.contains(document.activeElement) && document.activeElement;
    this.list.insertBefore(row, this.list.children[place] ?? null);
    focused?.focus?.();
  }

  #leave(id) {
    const row = this.rows.get(id);
    const focused = row.contains(document.activeElement);
    const near = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.rows.delete(id);
    if (focused) (near?.querySelector('[data-cue="select"]') ?? this.list).focus();
  }

  #fill(row, cue, marked, now, live) {
    const stands = standing(cue);
    const may = choices(cue, this.may, this.me);
    const selected = marked.preview === cue.id;
    const marks = [
      selected && "preview",
      marked.next === cue.id && "next",
      marked.editing === cue.id && "editing",
      stands !== "ready" && stands,
      cue.proposed && "proposed",
      stands === "ready" && cue.crosses && "crosses",
    ].filter(Boolean);
    const marksNow = marks.join(" ");
    if (row.dataset.marks !== marksNow) {
      row.dataset.marks = marksNow;
      const chips = marks.map((mark) => {
        const chip = document.createElement("b");
        chip.dataset.mark = mark;
        chip.textContent = MARKS[mark];
        return chip;
      });
      find(row, "marks").replaceChildren(...chips.flatMap((chip) => [chip, " "]));
    }
    row.dataset.stands = stands;
    find(row, "select").setAttribute("aria-current", selected);
    write(row, "title", cue.title);
    const after = cue.after && stands !== "taken";
    const sums = after ? ` · then ${cue.after.D}–${cue.after.R}–${cue.after.uncalled}` : "";
    write(row, "what", `${describe(cue.change)}${sums} · ${cue.by}`);
    write(row, "note", note(cue, now, this.me, live));
    const shown = { ...may, tools: selected && (may.move || may.schedule) };
    for (const name of ["take_cue", "confirm", "decline", "unschedule", "edit", "remove", "schedule", "tools"]) {
      find(row, name).hidden = !shown[name];
    }
    for (const [name, step] of [["up", -1], ["down", 1]]) {
      const button = find(row, name);
      button.disabled = beforeWhich(this.cues, cue.id, step) === undefined;
      button.hidden = !may.move;
    }
    if (row.dataset.title === cue.title) return;
    row.dataset.title = cue.title;
    const labels = { take_cue: "Take", confirm: "Confirm", decline: "Decline", edit: "Edit" };
    const more = { remove: "Remove", up: "Move up", down: "Move down", at: "Time to take" };
    for (const [name, words] of Object.entries({ ...labels, ...more })) {
      find(row, name).setAttribute("aria-label", `${words} ${cue.title}`);
    }
  }

  #keys(event, id) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.target.matches('[data-cue="select"]')) return;
    event.preventDefault();
    if (event.altKey) return this.#move(id, step);
    const place = this.cues.findIndex((cue) => cue.id === id) + step;
    if (this.cues[place]) this.focus(this.cues[place].id);
  }

  #move(id, step) {
    if (this.may.prepare) this.act("step", this.#cue(id), step);
  }
}

function find(row, name) {
  return row.querySelector(`[data-cue="${name}"]`);
}

function write(row, name, words) {
  const element = find(row, name);
  if (element.textContent !== words) element.textContent = words;
}
