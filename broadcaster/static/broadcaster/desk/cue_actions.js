// The actions of the buttons in the rundown. Methods for commands have the command's name.

import { isolate } from "../domain/bidi.js";
import { LOOK_FIRST, wasLookedAt } from "./approval.js";
import { clockTime, nextTimesAt } from "./clock.js";
import { fromChange, isEmpty } from "./draft.js";
import { pollsClose } from "./polls.js";
import { countdown, cueToMoveBefore, upNext } from "./rundown.js";

const PUBLISHING = ["take_cue", "confirm", "decline", "unschedule"]; // or not publishing
const EDIT_QUESTION = "Edit the cue? The draft that you have begun will be lost.";

export class CueActions {
  constructor(desk, commands) {
    this.desk = desk;
    this.commands = commands;
    this.lastStep = Promise.resolve(); // settled when the last step of a cue is done
  }

  /**
   * Run the action of a button. A press that decides about air is ignored if the row has just moved
   * there: it was probably meant for another cue.
   */
  run(name, cue, argument) {
    const { desk, commands } = this;
    if (PUBLISHING.includes(name)) {
      if (!commands.checkIdle()) return;
      // A confirmation needs a look at the very take that waits, wherever its button is.
      if (name !== "confirm" && desk.recent.isCueRecent(cue.id)) {
        const text = "Not done. The rundown just changed: look at it first.";
        return desk.messages.showAnswer(text, true);
      }
    }
    return this[name](cue, argument);
  }

  select({ id }) {
    this.desk.select(id);
  }

  /** Put a cue that waits into Preview, and scroll to it: one look is at all of it. */
  look({ id }) {
    this.desk.select(id);
    this.desk.preview.element.scrollIntoView({ block: "nearest" });
  }

  async take_cue({ id, version, title }) {
    const { desk, commands } = this;
    if (!commands.checkIdle()) return;
    const doneText = ({ seq }) => `Update ${seq} is on air: ${isolate(title)}.`;
    const answer = await commands.run("take_cue", { cue: id, version }, doneText, "Not taken.");
    if (answer && desk.selected === id) desk.advanceAfterTake(upNext(desk.cues));
  }

  confirm(cue) {
    const { desk } = this;
    if (!wasLookedAt(cue, desk.look)) {
      return desk.messages.showAnswer(`Not confirmed. ${LOOK_FIRST}`, true);
    }
    const { id, version } = cue;
    const doneText = ({ seq }) => `Update ${seq} is on air.`;
    return this.commands.run("confirm", { cue: id, version }, doneText, "Not confirmed.");
  }

  decline({ id, title }) {
    const doneText = () => `“${isolate(title)}” was not taken: it is back in the rundown.`;
    return this.commands.run("decline", { cue: id }, doneText);
  }

  /** Schedule a cue for a time of the newsroom's clock, and ask which is meant if it comes twice. */
  async schedule(cue, time) {
    const { desk } = this;
    const [first, second] = nextTimesAt(time, desk.now);
    if (first === undefined) {
      const text = `Not scheduled. ${time} does not exist: clocks are set forward over it.`;
      return desk.messages.showAnswer(text, true);
    }
    if (second === undefined) return this.#scheduleAt(cue, first);
    const question = `${time} comes twice, since clocks are set back. Which one do you mean?`;
    const label = (at) => `${clockTime(at)}, in ${countdown(at - desk.now)}`;
    const choice = await desk.ask(question, label(first), { otherLabel: label(second) });
    if (choice !== null) return this.#scheduleAt(cue, choice === "other" ? second : first);
  }

  /** Schedule a cue for the time at which the last polls of its races close. */
  schedule_close(cue) {
    return this.#scheduleAt(cue, pollsClose(cue.change, this.desk.contests));
  }

  /** Schedule a cue that is scheduled for so many milliseconds later. */
  delay(cue, milliseconds) {
    return this.#scheduleAt(cue, cue.due + milliseconds);
  }

  #scheduleAt({ id, version, title }, at) {
    const left = at - this.desk.now;
    const doneText = () =>
      `“${isolate(title)}” goes out automatically at ${clockTime(at)}, in ${countdown(left)}.`;
    return this.commands.run("schedule", { cue: id, version, at }, doneText);
  }

  unschedule({ id, title }) {
    const doneText = () => `“${isolate(title)}” no longer goes out automatically.`;
    return this.commands.run("unschedule", { cue: id }, doneText);
  }

  /** Move a cue before the cue with id `before`, or to the end (null). */
  move({ id, title }, before) {
    const others = this.desk.cues.filter((cue) => cue.id !== id);
    const index = others.findIndex((cue) => cue.id === before);
    const place = (index < 0 ? others.length : index) + 1;
    const doneText = () => `“${isolate(title)}” is number ${place} of ${others.length + 1}.`;
    return this.commands.run("move", { cue: id, before }, doneText);
  }

  /** Move a cue by one place, up (-1) or down (1), from where the step before has put it. */
  step({ id }, by) {
    const { desk } = this;
    this.lastStep = this.lastStep.then(() => {
      const before = cueToMoveBefore(desk.cues, id, by);
      return before === undefined ? null : this.move(desk.cue(id), before);
    });
    return this.lastStep;
  }

  async remove({ id, title }) {
    const answer = await this.desk.ask(`Remove “${isolate(title)}” from the rundown?`, "Remove");
    if (answer === null) return;
    this.commands.run("remove", { cue: id }, () => `“${isolate(title)}” was removed.`);
  }

  /** Bring a cue into the draft. */
  async edit({ id, version, change, title }) {
    const { desk } = this;
    if (!isEmpty(desk.draft) && (await desk.ask(EDIT_QUESTION, "Edit the cue")) === null) return;
    desk.writeDraft(fromChange(change, title), { id, version });
    desk.form.focus("headline");
  }
}
