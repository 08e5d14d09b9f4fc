// The rundown on the page: a row for each cue, in the server's order, and below them the panel with
// the tools of the cue in Preview. Rows have one height whatever they show, and tools are outside
// them, so that a second click never meets something else than the first.

import { isolate } from "../domain/bidi.js";
import { showConfirm, wasLookedAt } from "./approval.js";
import { clockTime, zoneName } from "./clock.js";
import { pollsClose } from "./polls.js";
import { allowedCommands, cueStatus, cueToMoveBefore, statusNote } from "./rundown.js";
import { makeSortable } from "./sortable.js";
import { isNothingNew, news } from "./standing.js";
import { afterText, summarize } from "./summary.js";
import { isAllowedIn } from "./take_target.js";

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

// Labels for screen readers, followed by the cue's title.
const ROW_LABELS = { take_cue: "Take", confirm: "Confirm", unschedule: "Cancel the time of" };
const PANEL_LABELS = {
  edit: "Edit",
  remove: "Remove",
  up: "Move up",
  down: "Move down",
  time: "Time to take",
};
const ROW_COMMANDS = ["take_cue", "confirm", "decline", "unschedule"];
const PANEL_COMMANDS = ["edit", "remove", "move", "schedule"];

export class CueList {
  /**
   * `onAction(name, cue, argument)` is called for every button of a row or the panel. The name is
   * that of a command to the server, or "select", "edit" or "step".
   */
  constructor(list, panel, contests, may, me, onAction) {
    Object.assign(this, { list, panel, contests, may, me, onAction });
    this.cues = [];
    this.inPanel = undefined; // the cue in Preview, or undefined
    panel.addEventListener("click", ({ target }) => this.#handlePanel(target));
    this.rows = new Map(); // id -> its row
    if (may.prepare) makeSortable(list, (id, before) => onAction("move", this.#cue(id), before));
  }

  /**
   * `state` is the map on air, `marked` is {next, preview, editing, behind}, ids of cues (`behind`:
   * several), and {look}, what is in Preview: see lookOf. `now` is the server's time.
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
    const isAfterClose = ({ change }) => pollsClose(change, this.contests) > now;
    if (cues.some(isAfterClose)) this.panel.setAttribute("data-polls", ""); // higher from now on
    this.#fillPanel(this.#cue(marked.preview), now);
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

  /**
   * Scroll the list, but not the page, so that a cue's row can be seen. Return whether it moved. Not
   * below the pointer, which would then be on another row.
   */
  scrollTo(id) {
    const row = this.rows.get(id);
    if (!row || this.list.matches(":hover")) return false;
    const [top, bottom] = [row.offsetTop, row.offsetTop + row.offsetHeight];
    const { scrollTop } = this.list;
    const fade = parseFloat(getComputedStyle(this.list).scrollPaddingBottom);
    const seen = this.list.clientHeight - fade;
    if (top < scrollTop || bottom > scrollTop + seen) this.list.scrollTop = top - seen / 3;
    return this.list.scrollTop !== scrollTop;
  }

  #cue(id) {
    return this.cues.find((cue) => cue.id === id);
  }

  #row(id) {
    const row = document.getElementById("cue-row").content.cloneNode(true).firstElementChild;
    row.dataset.id = id;
    row.addEventListener("click", ({ target }) => {
      const name = target.closest("button")?.dataset.cue;
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
      ["waiting", "scheduled"].includes(status) && status,
      marked.next === cue.id && "next",
      marked.behind.includes(cue.id) && "behind",
      marked.editing === cue.id && "editing",
      status === "taken" && status,
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
    // The words stay when the cue is taken, and so the row keeps its height.
    const isOver = status === "taken" || isNothingNew(state, cue.change);
    if (!isOver || !find(row, "summary").textContent) {
      const shown = isOver ? cue.change : news(state, cue.change);
      const parts = [summarize(shown, this.contests), afterText(cue, this.contests)];
      write(row, "summary", parts.filter(Boolean).join(" · "));
    }
    const note = statusNote(cue, now, this.me, live);
    write(row, "note", note || `by ${cue.by}`);
    find(row, "note").title = status === "scheduled" ? "" : note; // a long one is cut in the row
    const isProblem = Boolean(cue.missed || (live && cue.rejection));
    row.toggleAttribute("data-problem", status === "ready" && isProblem);
    const blocked = !isAllowedIn(state, cue.change) || isNothingNew(state, cue.change);
    find(row, "take_cue").toggleAttribute("data-blocked", blocked);
    for (const name of ROW_COMMANDS) find(row, name).hidden = !allowed[name];
    showConfirm(find(row, "confirm"), wasLookedAt(cue, marked.look));
    write(row, "decline", cue.asked?.by === this.me ? "Withdraw" : "Decline");
    if (row.dataset.title === cue.title) return;
    row.dataset.title = cue.title;
    find(row, "title").title = cue.title; // a long one is cut in the row
    label(row, ROW_LABELS, cue);
  }

  /** Show the tools of the cue in Preview. The panel keeps its place without one. */
  #fillPanel(cue, now) {
    const { panel } = this;
    if (this.inPanel?.id !== cue?.id) find(panel, "time").value = "";
    this.inPanel = cue;
    const allowed = cue ? allowedCommands(cue, this.may, this.me) : {};
    const isUsable = PANEL_COMMANDS.some((name) => allowed[name]);
    panel.toggleAttribute("data-empty", !isUsable);
    if (!isUsable) return;
    for (const name of PANEL_COMMANDS) find(panel, name).hidden = !allowed[name];
    label(panel, PANEL_LABELS, cue);
    write(panel, "zone", zoneName(now));
    const closes = pollsClose(cue.change, this.contests);
    const isLater = allowed.schedule && closes > now;
    find(panel, "schedule_close").hidden = !isLater;
    if (isLater) write(panel, "schedule_close", `At poll close, ${clockTime(closes)}`);
    for (const [name, step] of [["up", -1], ["down", 1]]) {
      find(panel, name).disabled = cueToMoveBefore(this.cues, cue.id, step) === undefined;
    }
  }

  #handlePanel(target) {
    const name = target.closest("button")?.dataset.cue;
    const cue = this.inPanel;
    if (!name || !cue) return;
    if (name === "up" || name === "down") return this.#step(cue.id, name === "up" ? -1 : 1);
    if (name !== "set_time") return this.onAction(name, cue);
    const input = find(this.panel, "time");
    if (!input.value) return input.focus();
    return this.onAction("schedule", cue, input.value);
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

function find(root, name) {
  return root.querySelector(`[data-cue="${name}"]`);
}

/** Label the buttons of a row or the panel for screen readers. */
function label(root, labels, { title }) {
  for (const [name, words] of Object.entries(labels)) {
    find(root, name).setAttribute("aria-label", `${words} ${isolate(title)}`);
  }
}

function write(row, name, text) {
  const element = find(row, name);
  if (element.textContent !== text) element.textContent = text;
}
