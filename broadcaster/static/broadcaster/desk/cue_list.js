// The rundown on the page: a row for each cue, in the server's order.

import { isolate } from "../domain/bidi.js";
import { clockTime, zoneName } from "./clock.js";
import { pollsClose } from "./polls.js";
import { allowedCommands, cueStatus, cueToMoveBefore, statusNote } from "./rundown.js";
import { makeSortable } from "./sortable.js";
import { news } from "./standing.js";
import { afterText, summarize } from "./summary.js";

const MARK_LABELS = {
  next: "NEXT",
  behind: "LEFT BEHIND",
  preview: "PREVIEW",
  editing: "EDITING",
  taken: "✓ TAKEN",
  waiting: "WAITING",
  scheduled: "SCHEDULED",
  proposed: "PROPOSED",
  needs_approval: "NEEDS APPROVAL",
};

const LABELS = {
  take_cue: "Take",
  confirm: "Confirm",
  decline: "Decline",
  edit: "Edit",
  remove: "Remove",
  up: "Move up",
  down: "Move down",
  time: "Time to take",
}; // for screen readers, followed by the cue's title

export class CueList {
  /**
   * `onAction(name, cue, argument)` is called for every button of a row. The name is that of a
   * command to the server, or "select", "edit" or "step".
   */
  constructor(list, contests, may, me, onAction) {
    Object.assign(this, { list, contests, may, me, onAction });
    this.cues = [];
    this.rows = new Map(); // id -> its row
    if (may.prepare) makeSortable(list, (id, before) => onAction("move", this.#cue(id), before));
  }

  /**
   * `state` is the map on air, `marked` is {next, preview, editing, behind}, ids of cues (`behind`:
   * several), `now` the server's time.
   */
  show(cues, state, marked, now) {
    this.cues = cues;
    const gone = new Set(this.rows.keys());
    cues.forEach((cue, place) => {
      gone.delete(cue.id);
      const row = this.rows.get(cue.id) ?? this.#row(cue.id);
      if (this.list.children[place] !== row) this.#insert(row, place);
      this.#fill(row, cue, state, marked, now);
    });
    for (const id of gone) this.#remove(id);
  }

  /** Update the countdowns. */
  showTime(now, live) {
    for (const cue of this.cues) {
      if (cue.due === null) continue;
      write(this.rows.get(cue.id), "note", statusNote(cue, now, this.me, live));
    }
  }

  focus(id) {
    this.rows.get(id)?.querySelector('[data-cue="select"]').focus();
  }

  /** Scroll the list, but not the page, so that a cue's row can be seen. */
  scrollTo(id) {
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
      if (name === "up" || name === "down") return this.#step(id, name === "up" ? -1 : 1);
      if (name === "set_time") {
        const input = row.querySelector('[data-cue="time"]');
        if (!input.value) return input.focus();
        return this.onAction("schedule", this.#cue(id), input.value);
      }
      if (name) this.onAction(name, this.#cue(id));
    });
    row.addEventListener("keydown", (event) => this.#handleKey(event, id));
    row.querySelector(".cue-grip").draggable = this.may.prepare;
    this.rows.set(id, row);
    return row;
  }

  /** Insert a row at its place. Moving an element takes the focus from it, so it is given back. */
  #insert(row, place) {
    const focused = row.contains(document.activeElement) && document.activeElement;
    this.list.insertBefore(row, this.list.children[place] ?? null);
    focused?.focus?.();
  }

  /** Remove a row. If it had the focus, its neighbour gets it. */
  #remove(id) {
    const row = this.rows.get(id);
    const focused = row.contains(document.activeElement);
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.rows.delete(id);
    if (focused) (neighbour?.querySelector('[data-cue="select"]') ?? this.list).focus();
  }

  #fill(row, cue, state, marked, now) {
    const live = state.phase === "live";
    const status = cueStatus(cue);
    const allowed = allowedCommands(cue, this.may, this.me);
    const selected = marked.preview === cue.id;
    const marks = [
      selected && "preview",
      marked.next === cue.id && "next",
      marked.behind.includes(cue.id) && "behind",
      marked.editing === cue.id && "editing",
      status !== "ready" && status,
      cue.proposed && "proposed",
      status === "ready" && cue.needs_approval && "needs_approval",
    ].filter(Boolean);
    if (row.dataset.marks !== marks.join(" ")) {
      row.dataset.marks = marks.join(" ");
      const chips = marks.map((mark) => {
        const chip = document.createElement("b");
        chip.dataset.mark = mark;
        chip.textContent = MARK_LABELS[mark];
        return chip;
      });
      find(row, "marks").replaceChildren(...chips.flatMap((chip) => [chip, " "]));
    }
    row.dataset.status = status;
    find(row, "select").setAttribute("aria-current", selected);
    write(row, "title", cue.title);
    const then = status === "taken" ? "" : afterText(cue, this.contests);
    const shown = status === "taken" ? cue.change : news(state, cue.change);
    const parts = [then, summarize(shown, this.contests), cue.by];
    write(row, "summary", parts.filter(Boolean).join(" · "));
    write(row, "note", statusNote(cue, now, this.me, live));
    write(row, "zone", zoneName(now));
    const { move, ...commands } = allowed;
    const closes = pollsClose(cue.change, this.contests);
    const isLater = commands.schedule && closes > now;
    if (isLater) write(row, "schedule_close", `At poll close, ${clockTime(closes)}`);
    const tools = selected && (move || commands.schedule);
    const visible = { ...commands, tools, schedule_close: isLater };
    for (const [name, isShown] of Object.entries(visible)) find(row, name).hidden = !isShown;
    for (const [name, step] of [["up", -1], ["down", 1]]) {
      const button = find(row, name);
      button.disabled = cueToMoveBefore(this.cues, cue.id, step) === undefined;
      button.hidden = !move;
    }
    if (row.dataset.title === cue.title) return;
    row.dataset.title = cue.title;
    for (const [name, label] of Object.entries(LABELS)) {
      find(row, name).setAttribute("aria-label", `${label} ${isolate(cue.title)}`);
    }
  }

  #handleKey(event, id) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.target.matches('[data-cue="select"]')) return;
    event.preventDefault();
    if (event.altKey) return this.#step(id, step);
    const place = this.cues.findIndex((cue) => cue.id === id) + step;
    if (this.cues[place]) this.focus(this.cues[place].id);
  }

  #step(id, step) {
    if (this.may.prepare) this.onAction("step", this.#cue(id), step);
  }
}

function find(row, name) {
  return row.querySelector(`[data-cue="${name}"]`);
}

function write(row, name, text) {
  const element = find(row, name);
  if (element.textContent !== text) element.textContent = text;
}
