// What people can do at the desk, by the names that buttons have: each a command to the server.

import { ask } from "./ask.js";
import { describe, EMPTY, fromChange, isEmpty } from "./draft.js";
import { atClock, clock, countdown, nextCue, upNext } from "./rundown.js";

const END = "End the broadcast? Viewers are told that it is final. It cannot start again.";
const LOSE = "The draft that you have begun would be lost.";

const onAir = ({ seq }) => `Update ${seq} is on air.`;

export class Actions {
  constructor(desk, commands) {
    this.desk = desk;
    this.commands = commands;
  }

  /** What is in preview goes on air. */
  async take() {
    const { desk, commands } = this;
    if (!commands.ready()) return;
    if (desk.unseen) return desk.say(...desk.unseen);
    if (desk.selected !== null) return this.take_cue(desk.cue(desk.selected));
    const { change, problem, field } = desk.previewed;
    const { draft } = desk;
    if (problem) {
      desk.say(`Not taken. ${problem}`, true);
      return desk.form.focus(field);
    }
    if (!(await commands.run("take", { change }, onAir, "Not taken."))) return;
    if (this.#clear(draft)) this.#goOn(upNext(desk.cues));
  }

  async take_cue(cue) {
    const { desk, commands } = this;
    if (!commands.ready()) return;
    const { id, version, title } = cue;
    const done = ({ seq }) => `Update ${seq} is on air: ${title}.`;
    const answer = await commands.run("take_cue", { cue: id, version }, done, "Not taken.");
    if (!answer) return;
    if (desk.selected === id) this.#goOn(nextCue(desk.cues, id));
  }

  /** After a take; a second press is none for what comes next. */
  #goOn(cue) {
    this.#advance(cue);
    this.desk.changed(`${this.desk.said} The second press took nothing.`);
  }

  next() {
    const { desk } = this;
    const next = nextCue(desk.cues, desk.selected);
    if (!next) return desk.say("No other cue is ready.");
    this.#advance(next);
    desk.say(`In preview: ${next.title}.`);
  }

  #advance(cue) {
    this.desk.select(cue?.id ?? null);
    this.desk.list.reveal(cue?.id);
  }

  undo() {
    const done = ({ seq }) => `Update ${seq} restored the view before.`;
    return this.commands.run("undo_view", {}, done, "Nothing was undone.");
  }

  // The show

  start() {
    return this.#control("start", "The broadcast is on air.");
  }

  hold() {
    return this.#control("hold", "On hold: viewers see the pause.");
  }

  resume() {
    return this.#control("resume", "On air again.");
  }

  async end() {
    if (await this.#sure(END, "End the broadcast")) this.#control("end", "The broadcast has ended.");
  }

  #control(kind, done) {
    return this.commands.run("take", { change: { kind } }, () => done);
  }

  // Cues

  select({ id }) {
    this.desk.select(id);
  }

  confirm({ id }) {
    return this.commands.run("confirm", { cue: id }, onAir, "Not confirmed.");
  }

  decline({ id, title }) {
    const done = () => `“${title}” was not taken: it is back in the rundown.`;
    return this.commands.run("decline", { cue: id }, done);
  }

  schedule({ id, version, title }, time) {
    const { now } = this.desk;
    const at = atClock(time, now);
    const done = () => `“${title}” goes out by itself at ${clock(at)}, in ${countdown(at - now)}.`;
    return this.commands.run("schedule", { cue: id, version, at }, done);
  }

  unschedule({ id, title }) {
    const done = () => `“${title}” no longer goes out by itself.`;
    return this.commands.run("unschedule", { cue: id }, done);
  }

  move({ id, title }, before) {
    const others = this.desk.cues.filter((cue) => cue.id !== id);
    const found = others.findIndex((cue) => cue.id === before);
    const place = (found < 0 ? others.length : found) + 1;
    const done = () => `“${title}” is number ${place} of ${others.length + 1}.`;
    return this.commands.run("move", { cue: id, before }, done);
  }

  async remove({ id, title }) {
    if (!(await this.#sure(`Remove “${title}” from the rundown?`, "Remove"))) return;
    this.commands.run("remove", { cue: id }, () => `“${title}” was removed.`);
  }

  async edit({ id, version, change, title }) {
    const { desk } = this;
    if (!isEmpty(desk.draft) && !(await this.#sure(LOSE, "Edit the cue"))) return;
    desk.write(fromChange(change, title), { id, version });
    desk.form.focus("headline");
  }

  // The draft

  /** The draft goes into the rundown, or into the cue that it edits. */
  async store() {
    const { desk, commands } = this;
    desk.select(null);
    const { change, whole, problem, field } = desk.previewed;
    if (!whole) {
      desk.say(`Not in the rundown. ${problem}`, true);
      return desk.form.focus(field);
    }
    const { draft } = desk;
    const title = draft.title.trim() || change.story?.headline || describe(change);
    const named = { title: title.slice(0, 120), change };
    if (!desk.editing) {
      const done = () => `In the rundown: ${title}.`;
      if (await commands.run("prepare", named, done)) this.#clear(draft);
      return;
    }
    const { id, version } = desk.editing;
    const edit = { cue: id, version, ...named };
    const saved = await commands.run("edit", edit, () => `Saved: ${title}.`);
    if (!saved) return;
    if (this.#clear(draft)) desk.select(id);
    else desk.editing = { id, version: saved.version };
  }

  clear() {
    this.desk.write(EMPTY);
  }

  showDraft() {
    this.desk.select(null);
  }

  /** Empty the draft that was sent; whether it was: it may have been worked on meanwhile. */
  #clear(sent) {
    const same = JSON.stringify(this.desk.draft) === JSON.stringify(sent);
    if (same) this.desk.write(EMPTY);
    return same;
  }

  #sure(words, yes) {
    return ask(this.desk.part("ask"), words, yes);
  }
}
