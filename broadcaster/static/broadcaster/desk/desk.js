// What this console knows and shows: the map and log as the server tells them, the rundown, and
// what is in preview.

import { Replica, sameTotals, totals } from "../domain/replica.js";
import { programWords } from "./show_status.js";
import { Bar } from "./bar.js";
import { Cues } from "./cues.js";
import { describe, EMPTY, isEmpty } from "./draft.js";
import { DraftForm } from "./form.js";
import { Log } from "./log.js";
import { Memory } from "./memory.js";
import { Proof } from "./delivery_panel.js";
import { moved, news, upNext } from "./rundown.js";
import { Screen } from "./screens.js";
import { previewed } from "./take_target.js";

const LOOK = 1000; // milliseconds that people need to see that something changed, or pressed twice
const KEPT = 5000; // milliseconds that news is left to read beside the next answer

/** Whether that was so little ago that nobody can have seen it yet. */
export function just(at) {
  return performance.now() - at < LOOK;
}

export class Desk {
  /** `data` is the page's; `onCue(name, cue, more)` hears the rundown's buttons, `onGap` that
   * updates are missing or do not add up. */
  constructor(root, data, onCue, onGap) {
    const { election, may, me, broadcast, names } = data;
    Object.assign(this, { root, may, me, votes: election.votes, onGap });
    this.memory = new Memory(`desk:${broadcast.slug}:${me}`);
    const { draft, selected = null, editing = null } = this.memory.load({});
    this.selected = selected; // the cue in preview, by id; null: the draft
    this.editing = editing; // the cue that the draft is an edit of: {id, version}
    this.fresh = null; // a change of what is in preview, by no hand here: {at, words, bad}
    this.others = { view: -Infinity, phase: -Infinity }; // when somebody else last changed it
    this.moved = new Map(); // id of a cue -> when somebody else last moved or edited it
    this.answer = { words: "", bad: false };
    this.heard = []; // news beside it: {words, bad, at}
    this.cues = [];
    this.plan = data.rundown.plan; // when it begins and ends, and who must confirm
    this.ahead = 0; // milliseconds that the server's clock is ahead of this one

    const part = (name) => root.querySelector(`[data-desk="${name}"]`);
    this.part = part;
    const copy = part("program").querySelector('[data-screen="body"]').cloneNode(true);
    part("preview").querySelector('[data-screen="copy"]').replaceWith(copy);
    this.bar = new Bar(root, part, broadcast);
    this.preview = new Screen(part("preview"), election);
    this.program = new Screen(part("program"), election);
    this.list = new Cues(part("cues"), may, me, onCue);
    this.form = document.getElementById("draft") && new DraftForm(part, names);
    this.log = new Log(part("log"), Boolean(this.form) && may.correct, (units) => this.form.correct(units));
    this.proof = new Proof(part, this.log);

    this.snapshot(data.snapshot);
    this.rundown(data.rundown);
    if (draft) this.form?.write(draft);
    if (this.form) this.form.onChange = () => this.select(null); // one wants to see what one edits
    if (!this.memory.load(null)) this.selected = upNext(this.cues)?.id ?? null;
    this.show();
    this.list.reveal(this.selected);
  }

  // Frames from the server

  snapshot(frame) {
    if (this.replica?.position.toString() === `${frame.epoch}:${frame.seq}`) return;
    this.replica = new Replica(frame);
    this.log.restart(frame.log);
    this.#show();
  }

  updates({ epoch, updates }) {
    for (const update of updates) {
      const outcome = this.replica.receive(epoch, update);
      if (outcome === "seen") continue;
      const sums = totals(this.votes, this.replica.state.calls);
      if (outcome === "gap" || !sameTotals(sums, update.totals)) return this.onGap();
      this.log.add(update);
      this.#note(update);
    }
    this.#show();
  }

  /** Says what others did that matters here: to what is in preview, or waits for somebody.
   * `mine`: it came of a command from here. */
  rundown({ now, plan, cues }, mine = false) {
    const before = this.cue(this.selected);
    const heard = news(this.cues, cues, this.me, this.may);
    if (!mine) for (const id of moved(this.cues, cues)) this.moved.set(id, performance.now());
    this.ahead = now - Date.now();
    Object.assign(this, { plan, cues });
    const after = this.cue(this.selected);
    if (this.selected !== null && !after) {
      this.selected = upNext(cues)?.id ?? null;
      this.changed("Not taken. What was in preview was removed: look at what is there now.", true);
    }
    this.show();
    if (before && after && before.version !== after.version) {
      this.changed("Not taken. It was edited just now: look at it.", true);
      heard.push({ words: `“${after.title}” was edited: look at the preview.`, id: after.id });
    }
    this.#hear(heard);
    for (const { id } of heard) this.list.reveal(id);
  }

  viewers(frame) {
    this.proof.show(frame);
  }

  #note({ by, kind, view }) {
    if (by === this.me) return;
    if (view) this.others.view = performance.now();
    if (kind !== "update" && kind !== "correct") this.others.phase = performance.now();
  }

  #show() {
    this.log.show(this.replica.state);
    this.show();
  }

  // What is known

  get state() {
    return this.replica.state;
  }

  /** The server's time, in milliseconds. */
  get now() {
    return Date.now() + this.ahead;
  }

  cue(id) {
    return this.cues.find((cue) => cue.id === id);
  }

  get draft() {
    return this.form?.read() ?? EMPTY;
  }

  /** Whether there is neither a cue nor a draft in preview. */
  get idle() {
    return this.selected === null && isEmpty(this.draft);
  }

  /** What is in preview changed, and not by hand: until that can be seen, Take says this. */
  changed(words, bad = false) {
    this.fresh = { at: performance.now(), words, bad };
  }

  /** What Take would say now, as for `say`, since a finger on its way down could not have seen
   * what is in preview; null if it could. */
  get unseen() {
    const { at, words, bad } = this.fresh ?? { at: -Infinity };
    return just(at) ? [words, bad] : null;
  }

  get previewed() {
    const { state, log, now, me, may, votes } = this;
    const moment = { state, log: log.updates, clock: now, me, may, votes };
    const rule = this.plan.second_person;
    return previewed(this.cue(this.selected) ?? null, this.draft, this.editing, { ...moment, rule });
  }

  // What is shown

  /** Put a cue into preview, or the draft (null). */
  select(id) {
    this.selected = id;
    this.fresh = null;
    const { draft, selected, editing } = this;
    this.memory.save({ draft, selected, editing });
    this.show();
  }

  /** The draft, empty or an edit of the cue `editing`, in preview. */
  write(draft, editing = null) {
    this.editing = editing;
    this.form.write(draft);
    this.select(null);
  }

  show() {
    const { state, part, idle } = this;
    const { phase } = state;
    const { change, what, after, problem, off } = this.previewed;
    this.form?.show(state);
    this.program.show(state, programWords(phase, state.view.focus));
    const units = Object.keys(change.calls ?? {});
    this.preview.show(after, idle ? "nothing chosen" : what, units, part("whole").checked);
    this.#showRundown(phase === "live");
    this.bar.show(phase);
    if (this.may.take) {
      const take = this.root.querySelector('[data-does="take"]');
      take.toggleAttribute("data-off", off);
      part("taking").textContent = idle ? "Choose a cue, or draft an update." : describe(change);
    }
    if (this.form) this.#showDraft(idle ? "" : problem);
    this.tick();
  }

  #showRundown(live) {
    const { cues, selected, editing, part } = this;
    const marked = { next: upNext(cues)?.id, preview: selected, editing: editing?.id };
    this.list.show(cues, marked, this.now, live);
    part("no-cues").hidden = cues.length > 0;
    const left = cues.filter((cue) => !cue.taken).length;
    part("rundown-sum").textContent = cues.length ? `${left} of ${cues.length} to come` : "";
  }

  #showDraft(problem) {
    const { part, selected, editing } = this;
    part("problem").textContent = (selected === null && !editing && problem) || "";
    part("show-draft").hidden = selected === null;
    const title = editing && (this.cue(editing.id)?.title ?? "a cue that was removed");
    part("draft-state").textContent = editing ? `edits “${title}”` : "";
    if (part("store")) part("store").textContent = editing ? "Save cue" : "Add to rundown";
    part("clear").textContent = editing ? "Drop the edit" : "Clear";
  }

  /** Every second: what counts down. */
  tick() {
    const { phase } = this.state;
    this.list.tick(this.now, phase === "live");
    this.bar.tick(this.plan, phase, this.now);
    if (!this.may.take) return;
    const { problem, hindrance } = this.previewed;
    const [words, place] = [this.idle ? "" : (problem ?? hindrance), this.part("hindrance")];
    if (place.textContent !== words) place.textContent = words;
  }

  /** What was last told of something that was pressed. */
  get said() {
    return this.answer.words;
  }

  /** Tell what became of something; `bad` if it was refused. */
  say(words, bad = false) {
    this.answer = { words, bad };
    this.heard = this.heard.filter(({ at }) => performance.now() - at < KEPT);
    this.#tell();
  }

  /** News, which must not hide an answer, nor an answer the news. */
  #hear(news) {
    if (!news.length) return;
    this.heard = news.map(({ words, bad = false }) => ({ words, bad, at: performance.now() }));
    this.#tell();
  }

  #tell() {
    const told = [this.answer, ...this.heard];
    for (const [name, bad] of [["done", false], ["refused", true]]) {
      const words = told.filter((one) => one.words && one.bad === bad).map((one) => one.words);
      this.part(name).textContent = words.join(" ");
    }
  }

  line(state) {
    if (this.bar.line(state) && state !== "open") this.proof.unknown();
  }
}
