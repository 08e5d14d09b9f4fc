// What people can do at the desk, by the names that buttons have: each a command to the server.

import { ask } from "./ask.js";
import { just } from "./desk.js";
import { describe, EMPTY, fromChange, isEmpty } from "./draft.js";
import { atClock, beforeWhich, clock, countdown, nextCue, upNext } from "./rundown.js";

const END = "End the broadcast? Viewers are told that it is final. It cannot start again.";
const LOSE = "The draft that you have begun would be lost.";

const AIRING = ["take_cue", "confirm", "decline", "unschedule"];

const onAir = ({ seq }) => `Update ${seq} is on air.`;

export class Actions {
  constructor(desk, commands) {
    this.desk = desk;
    this.commands = commands;
    this.stepped = Promise.resolve(); // when the last step of a cue is done
    this.stored = { at: -Infinity, words: "" }; // what last went into the rundown from here
  }

  /** The second half of a double press, which would undo the first or do something else. */
  again() {
    const { desk, commands } = this;
    const { words, bad } = desk.answer;
    if (!commands.open) desk.say(`${words} The second press did nothing.`, bad);
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
    if (this.#clear(draft) && desk.selected === null) this.#goOn(upNext(desk.cues));
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
    const { desk } = this;
    if (just(desk.others.view)) {
      return desk.say("Nothing was undone. Somebody changed the view just now: look at it.", true);
    }
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
    const { desk, commands } = this;
    if (!commands.ready()) return;
    if (just(desk.others.phase)) {
      return desk.say("Not done. Somebody else did something to the show just now.", true);
    }
    commands.run("take", { change: { kind } }, () => done);
  }

  // Cues

  /** A button in a row of the rundown. A row that came under the finger goes nowhere. */
  inRow(name, cue, more) {
    const { desk, commands } = this;
    if (AIRING.includes(name)) {
      if (!commands.ready()) return;
      if (just(desk.moved.get(cue.id) ?? -Infinity)) {
        return desk.say("Not done. The rundown changed just now: look at it.", true);
      }
    }
    return this[name](cue, more);
  }

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

  /** By one place, up (-1) or down. A second press waits for the first, whose outcome is where
   * it begins. */
  step({ id }, by) {
    const { desk } = this;
    this.stepped = this.stepped.then(() => {
      const before = beforeWhich(desk.cues, id, by);
      return before === undefined ? null : this.move(desk.cue(id), before);
    });
    return this.stepped;
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
    if (!commands.ready()) return;
    if (isEmpty(desk.draft) && just(this.stored.at)) {
      return desk.say(`${this.stored.words} The second press added nothing.`);
    }
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
      if (!(await commands.run("prepare", named, done))) return;
      this.stored = { at: performance.now(), words: done() };
      this.#clear(draft);
      return;
    }
    const { id, version } = desk.editing;
    const edit = { cue: id, version, ...named };
    const done = () => `Saved: ${title}.`;
    const saved = await commands.run("edit", edit, done);
    if (!saved) return;
    this.stored = { at: performance.now(), words: done() };
    if (!this.#clear(draft)) desk.editing = { id, version: saved.version };
    else if (desk.selected === null) desk.select(id);
  }

  clear() {
    this.desk.write(EMPTY);
  }

  showDraft() {
    this.desk.select(null);
  }

  /** Empty the draft that was sent; whether it was: it may have been worked on meanwhile. What
   * somebody has put into preview meanwhile stays there. */
  #clear(sent) {
    const { desk } = this;
    const { selected } = desk;
    const same = JSON.stringify(desk.draft) === JSON.stringify(sent);
    if (same) desk.write(EMPTY);
    if (same && selected !== null) desk.select(selected);
    return same;
  }

  #sure(words, yes) {
    return ask(this.desk.part("ask"), words, yes);
  }
}
