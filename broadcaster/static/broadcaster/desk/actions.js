// The actions of the buttons below Preview and in the draft's panel. Each button has the name of its
// method here in data-action.

import { isolate } from "../domain/bidi.js";
import { EMPTY, isEmpty } from "./draft.js";
import { isRecent } from "./recent_changes.js";
import { nextDue, upNext } from "./rundown.js";
import { summarize } from "./summary.js";
import { unfinished } from "./unfinished.js";

const START_QUESTION = "Start the broadcast? Viewers will see at once that it is on air.";
const END_QUESTION =
  "End the broadcast? Viewers will see that it is final. It cannot start again. This is the last headline:";
const MAX_TITLE = 120; // characters

export class Actions {
  constructor(desk, commands, cueActions) {
    this.desk = desk;
    this.messages = desk.messages;
    this.commands = commands;
    this.cueActions = cueActions;
    this.lastSave = { at: -Infinity, text: "" }; // when a draft last became a cue, and its message
  }

  /** Answer the second half of a double press, which must not undo the first. */
  ignoreSecondPress() {
    const { messages, commands } = this;
    const { text, isError } = messages.answer;
    if (!commands.pending.size) messages.showAnswer(`${text} The second press did nothing.`, isError);
  }

  /** Put the content of Preview on air. */
  async take() {
    const { desk, messages, commands } = this;
    if (!commands.checkIdle()) return;
    const unseen = desk.recent.unseenPreview;
    if (unseen) return messages.showAnswer(unseen.text, unseen.isError);
    if (desk.selected !== null) return this.cueActions.take_cue(desk.cue(desk.selected));
    const { change, problem, field } = desk.takeTarget;
    const { draft } = desk;
    if (problem) {
      messages.showAnswer(`Not taken. ${problem}`, true);
      return desk.form.focus(field);
    }
    const doneText = ({ seq }) => `Update ${seq} is on air.`;
    if (!(await commands.run("take", { change }, doneText, "Not taken."))) return;
    if (this.#clearSent(draft) && desk.selected === null) desk.advanceAfterTake(upNext(desk.cues));
  }

  /** Take the draft from within it; first put it into Preview, where it must have been seen. */
  takeDraft() {
    const { desk, messages } = this;
    if (desk.selected === null) return this.take();
    if (isEmpty(desk.draft)) return messages.showAnswer("Nothing was taken: the draft is empty.");
    if (!this.commands.checkIdle()) return;
    desk.select(null);
    const text = "Nothing was taken. The draft is in Preview now: look, and press again.";
    desk.recent.addPreview(text); // the second half of a double press must not take it
    messages.showAnswer(text);
  }

  /** Put the cue marked NEXT into Preview. */
  next() {
    const { desk, messages } = this;
    const next = upNext(desk.cues);
    if (!next) return messages.showAnswer("No cue is ready.");
    const isThere = next.id === desk.selected;
    desk.advance(next);
    const place = isThere ? "NEXT is in Preview already" : "In preview";
    messages.showAnswer(`${place}: ${isolate(next.title)}.`);
  }

  undoView() {
    if (isRecent(this.desk.recent.view)) {
      const text = "Nothing was undone. Another desk just changed the view: look at Program.";
      return this.messages.showAnswer(text, true);
    }
    const doneText = ({ seq }) => `Update ${seq} restored the view before.`;
    return this.commands.run("undo_view", {}, doneText, "Nothing was undone.");
  }

  /** Schedule the cue that goes out next for a minute later. */
  delay() {
    const cue = nextDue(this.desk.cues);
    if (cue && this.commands.checkIdle()) return this.cueActions.delay(cue, 60_000);
  }

  // The broadcast's phase

  async start() {
    const { desk, commands } = this;
    if (!commands.checkIdle()) return; // a second press of Enter would ask once more
    const headline = { value: desk.broadcast.title, isRequired: true, limit: desk.limits.headline };
    const words = await desk.ask(START_QUESTION, "Start the broadcast", { headline });
    if (words !== null) this.#changePhase("start", "The broadcast is on air.", words);
  }

  hold() {
    return this.#changePhase("hold", "On hold: viewers see the pause.");
  }

  resume() {
    return this.#changePhase("resume", "On air again.");
  }

  async end() {
    const { desk, commands } = this;
    if (!commands.checkIdle()) return;
    const { state, contests, cues, limits } = desk;
    const shown = state.story.headline;
    const headline = { value: shown, isRequired: false, limit: limits.headline };
    const facts = unfinished(state, contests, cues);
    const words = await desk.ask(END_QUESTION, "End the broadcast", { facts, headline });
    if (words === null) return;
    this.#changePhase("end", "The broadcast has ended.", words === shown ? "" : words);
  }

  /** Change the phase, with a new headline if there is one. */
  #changePhase(kind, doneText, headline = "") {
    const { desk, messages, commands } = this;
    if (!commands.checkIdle()) return;
    if (isRecent(desk.recent.phase)) {
      const text = "Not done. Another desk just started, held, resumed or ended the broadcast.";
      return messages.showAnswer(text, true);
    }
    const change = headline ? { kind, story: { headline } } : { kind };
    commands.run("take", { change }, () => doneText);
  }

  // The draft

  /** Add the draft to the rundown, or save it in the cue that it edits. */
  async saveDraft() {
    const { desk, messages, commands } = this;
    if (!commands.checkIdle()) return;
    if (isEmpty(desk.draft) && isRecent(this.lastSave.at)) {
      return messages.showAnswer(`${this.lastSave.text} The second press added nothing.`);
    }
    desk.select(null);
    const { change, complete, problem, field } = desk.takeTarget;
    if (!complete) {
      messages.showAnswer(`Not in the rundown. ${problem}`, true);
      return desk.form.focus(field);
    }
    const { draft } = desk;
    const title = draft.title.trim() || change.story?.headline || summarize(change, desk.contests);
    const cue = { title: title.slice(0, MAX_TITLE), change };
    return desk.editing ? this.#saveEdit(cue, title, draft) : this.#addCue(cue, title, draft);
  }

  async #addCue(cue, title, draft) {
    const doneText = () => `In the rundown: ${isolate(title)}.`;
    const { desk } = this;
    const added = await this.commands.run("prepare", cue, doneText);
    if (!added) return;
    this.lastSave = { at: performance.now(), text: doneText() };
    if (this.#clearSent(draft) && desk.selected === null) desk.advance(desk.cue(added.cue));
  }

  async #saveEdit(cue, title, draft) {
    const { desk } = this;
    const { id, version } = desk.editing;
    const doneText = () => `Saved: ${isolate(title)}.`;
    const edit = { cue: id, version, ...cue };
    const saved = await this.commands.run("edit", edit, doneText, "Not saved; the draft is kept.");
    if (!saved) return;
    this.lastSave = { at: performance.now(), text: doneText() };
    if (!this.#clearSent(draft)) desk.editing = { id, version: saved.version };
    else if (desk.selected === null) desk.select(id);
  }

  clear() {
    this.desk.writeDraft(EMPTY);
  }

  showDraft() {
    this.desk.select(null);
  }

  /**
   * Empty the form unless the draft was edited after `sent` was sent. Return whether it was
   * emptied. A cue that was put into Preview meanwhile stays there.
   */
  #clearSent(sent) {
    const { desk } = this;
    const { selected } = desk;
    if (JSON.stringify(desk.draft) !== JSON.stringify(sent)) return false;
    desk.writeDraft(EMPTY);
    if (selected !== null) desk.select(selected);
    return true;
  }
}
