// The state of this console, and its display: the map, the log and the rundown as the server sends
// them, and Preview.

import { isolate } from "../domain/bidi.js";
import { Replica, contestsOf, placesOf, sameTotals, totals } from "../domain/replica.js";
import { lookOf } from "./approval.js";
import { ApprovalBanner } from "./approval_banner.js";
import { ApprovalSound } from "./approval_sound.js";
import { CueList } from "./cue_list.js";
import { DeliveryPanel } from "./delivery_panel.js";
import { ask } from "./dialog.js";
import { EMPTY, isEmpty } from "./draft.js";
import { DraftForm } from "./draft_form.js";
import { LocalStore } from "./local_store.js";
import { LogTable } from "./log_table.js";
import { Messages } from "./notices.js";
import { RecentChanges } from "./recent_changes.js";
import {
  changedCues,
  cueNotifications,
  cuesOfNewStatus,
  leftBehind,
  nextDue,
  upNext,
} from "./rundown.js";
import { Screen } from "./screen.js";
import { nothingText, onAirText, programLabel } from "./show_status.js";
import { isNothingNew } from "./standing.js";
import { StatusBar } from "./status_bar.js";
import { afterText, focusText, summarize, takeWords } from "./summary.js";
import { takeTarget } from "./take_target.js";

const CONTEST_CHANGED =
  "A contest was changed in the admin: reload this page to see it. The draft is kept.";

export class Desk {
  /**
   * `data` is the page's JSON. `onCueAction(name, cue, argument)` is called for the rundown's
   * buttons, `onGap` when updates are missing or the totals differ from the server's.
   */
  constructor(root, data, onCueAction, onGap) {
    const { may, me, broadcast, places, initial, limits } = data;
    const contests = contestsOf(data.contests);
    Object.assign(this, { root, may, me, contests, limits, broadcast, onGap });
    this.store = new LocalStore(`desk:${broadcast.slug}:${me}`);
    const stored = this.store.load(null);
    const { draft, selected = null, editing = null } = stored ?? {};
    this.selected = selected; // id of the cue in Preview; null: the draft is
    this.editing = editing; // the cue that the draft edits: {id, version}
    this.look = null; // the take that waits and was put into Preview by hand: see lookOf
    this.recent = new RecentChanges();
    this.cues = [];
    this.confirmers = null; // the others at this desk who may confirm takes; null: not known
    this.plan = data.rundown.plan; // planned times and the two-person rule
    this.clockOffset = 0; // milliseconds that the server's clock is ahead of this one

    const part = (name) => root.querySelector(`[data-desk="${name}"]`);
    this.part = part;
    const copy = part("program").querySelector('[data-screen="body"]').cloneNode(true);
    part("preview").querySelector('[data-screen="copy"]').replaceWith(copy);
    this.messages = new Messages(part("done"), part("error"));
    this.statusBar = new StatusBar(root, part, broadcast);
    this.preview = new Screen(part("preview"), contests, () => this.show());
    this.program = new Screen(part("program"), contests, () => this.show());
    this.cueList = new CueList(part("cues"), part("cue-panel"), contests, may, me, onCueAction);
    const sound = may.confirm && new ApprovalSound(part("sound"), new LocalStore(`desk:${me}:sound`));
    const onAsked = () => sound?.play();
    this.banner = new ApprovalBanner(part("approval"), contests, may, me, onCueAction, onAsked);
    this.form = document.getElementById("draft") && new DraftForm(part, contests, places, limits);
    const onCorrect = this.form && may.correct ? (races) => this.form.correct(races) : null;
    this.logTable = new LogTable(part("log"), contests, initial, onCorrect);
    this.deliveryPanel = new DeliveryPanel(part, this.logTable);

    if (may.take) new ResizeObserver(() => this.#fitTakeWords()).observe(part("take-target"));
    this.#handleSnapshot(data.snapshot);
    this.#handleRundown(data.rundown);
    if (draft) this.form?.write(draft);
    if (this.form) this.form.onChange = () => this.select(null); // an edited draft is previewed
    if (!stored) this.selected = upNext(this.cues)?.id ?? null;
    this.show();
    this.cueList.scrollTo(this.selected);
  }

  // Frames from the server

  /** Show a frame. `own` are the commands of this console that are under way, as {name, cue}. */
  handleFrame(frame, own) {
    switch (frame.t) {
      case "snapshot":
        return this.#handleSnapshot(frame);
      case "updates":
        return this.#handleUpdates(frame, own);
      case "rundown":
        return this.#handleRundown(frame, own);
      case "people":
        this.confirmers = frame.confirmers ?? null;
        this.statusBar.showPeople(frame.names);
        return this.#showBanner();
      case "viewers":
        return this.deliveryPanel.show(frame);
    }
  }

  #handleSnapshot(frame) {
    if (this.replica?.position.toString() === `${frame.epoch}:${frame.seq}`) return;
    this.replica = new Replica(frame);
    this.logTable.restart(frame.log);
    this.#showUpdates();
  }

  #handleUpdates({ epoch, updates }, own) {
    for (const update of updates) {
      const outcome = this.replica.apply(epoch, update);
      if (outcome === "seen") continue;
      const sums = totals(this.contests, this.replica.state.calls);
      if (outcome === "gap" || !sameTotals(sums, update.totals)) return this.onGap();
      this.logTable.add(update);
      if (update.view) this.program.chosen = null; // Program goes where viewers go
      const isFromHere = update.by === this.me && own.length > 0; // not from another tab of theirs
      if (!isFromHere) this.recent.addUpdate(update);
    }
    this.#showUpdates();
  }

  /** Show the rundown. Notify of changes by others to the cue in Preview, and of approvals. */
  #handleRundown({ now, plan, cues }, own = []) {
    const before = this.cue(this.selected);
    const inBanner = this.banner.cue?.id;
    const notifications = cueNotifications(this.cues, cues, this.me, own);
    const ended = cuesOfNewStatus(this.cues, cues);
    this.recent.addCues(changedCues(this.cues, cues, own));
    if (JSON.stringify(plan.contests) !== JSON.stringify(this.plan.contests)) {
      notifications.push({ text: CONTEST_CHANGED });
    }
    this.clockOffset = now - Date.now();
    Object.assign(this, { plan, cues });
    const after = this.cue(this.selected);
    if (this.selected !== null && !after) {
      this.selected = upNext(cues)?.id ?? null;
      const text = "Not taken. The cue in Preview was just removed: look at what is there now.";
      this.recent.addPreview(text, true);
    }
    this.show();
    const next = this.banner.cue?.id;
    // A press that was meant for the take that waited before must not decide on the next one.
    if (inBanner !== undefined && next !== undefined && next !== inBanner) this.recent.addCues([next]);
    if (before && after && before.version !== after.version) {
      this.recent.addPreview("Not taken. The cue was just edited: look at Preview.", true);
      const text = `“${isolate(after.title)}” was edited: look at Preview.`;
      notifications.push({ text, id: after.id });
    }
    this.messages.endAbout(ended);
    this.messages.notify(notifications);
    for (const { id } of notifications) this.#scrollTo(id);
  }

  showConnection(state) {
    const isNew = this.statusBar.showConnection(state);
    if (!isNew) return;
    if (state !== "connected") {
      this.deliveryPanel.showUnknown();
      this.confirmers = null;
      this.statusBar.showPeople(null);
    }
    this.#showUpdates(); // they are the last known without a connection
  }

  // State

  get state() {
    return this.replica.state;
  }

  /** The server's time, in milliseconds. */
  get now() {
    return Date.now() + this.clockOffset;
  }

  cue(id) {
    return this.cues.find((cue) => cue.id === id);
  }

  get draft() {
    return this.form?.read() ?? EMPTY;
  }

  /** Whether neither a cue nor a draft is in Preview. */
  get isPreviewEmpty() {
    return this.selected === null && isEmpty(this.draft);
  }

  get takeTarget() {
    const { state, now, me, may, contests } = this;
    const { history } = this.logTable;
    const rule = this.plan.approval;
    const context = { state, history, now, me, may, contests, rule, limits: this.limits };
    return takeTarget(this.cue(this.selected) ?? null, this.draft, this.editing, context);
  }

  // Choices of the person at this desk

  /** Put a cue into Preview, or the draft (null). */
  select(id) {
    this.selected = id;
    this.look = lookOf(this.cue(id));
    this.preview.chosen = null;
    this.recent.clearPreview();
    const { draft, selected, editing } = this;
    this.store.save({ draft, selected, editing });
    this.show();
  }

  /** Put a cue into Preview, or the draft (undefined), and scroll to the cue. */
  advance(cue) {
    this.select(cue?.id ?? null);
    this.#scrollTo(cue?.id);
  }

  /** Scroll the rundown to a cue. A press that was meant for a row in its place must do nothing. */
  #scrollTo(id) {
    if (this.cueList.scrollTo(id)) this.recent.addCues(this.cues.map((cue) => cue.id));
  }

  /** Advance after a take. The second half of a double press on TAKE must not take this cue. */
  advanceAfterTake(cue) {
    this.advance(cue);
    this.recent.addPreview(`${this.messages.answer.text} The second press took nothing.`);
  }

  /** Put `draft` into the form and into Preview. `editing` is the cue that it edits. */
  writeDraft(draft, editing = null) {
    this.editing = editing;
    this.form.write(draft);
    this.select(null);
  }

  /** Ask before an action that cannot be undone: see dialog.js. Resolves to null if not to do it. */
  ask(question, yesLabel, more) {
    return ask(this.part("dialog"), question, yesLabel, more);
  }

  // Display

  show() {
    const { state, part, isPreviewEmpty } = this;
    const { phase } = state;
    const { change, news, name, after, problem, blocked } = this.takeTarget;
    this.form?.showChoices(state);
    const shown = this.#contestOf(state.view);
    const place = this.#placeOf(state.view);
    this.program.show(state, programLabel(phase, place, this.statusBar.isOld), shown);
    const label = isPreviewEmpty ? "nothing selected" : name;
    const [called] = Object.keys(change.calls ?? {});
    const previewed = change.view?.contest ?? called ?? shown;
    const places = placesOf(news.calls);
    this.preview.show(after, label, previewed, places, part("whole-map").checked, change.reason);
    this.#showRundown();
    this.statusBar.showPhase(phase);
    this.#showBlocked("next", !upNext(this.cues));
    this.#showBlocked("undoView", phase !== "live");
    if (this.may.take) {
      this.#showBlocked("take", blocked);
      const shown = isNothingNew(state, change) ? change : news; // what stands already has a warning
      this.takeTexts = isPreviewEmpty
        ? [nothingText(phase)]
        : this.#takeTexts(shown, after);
    }
    if (this.form) this.#showDraft(isPreviewEmpty ? "" : problem);
    this.showTime();
  }

  /** Show whether a button would do nothing now. A press says why. */
  #showBlocked(action, isBlocked) {
    const button = this.root.querySelector(`[data-action="${action}"]`);
    button?.toggleAttribute("data-blocked", isBlocked);
  }

  /** Return the contest that a view shows: the first, before there was one. */
  #contestOf({ contest }) {
    return contest in this.contests ? contest : Object.keys(this.contests)[0];
  }

  /** Return what a view shows, in a few words: "OH", "senate OH", "senate". */
  #placeOf(view) {
    const isSeveral = Object.keys(this.contests).length > 1;
    const key = this.#contestOf(view);
    const place = focusText(this.contests[key], view.focus, isSeveral);
    return [isSeveral && key, place].filter(Boolean).join(" ");
  }

  #showUpdates() {
    const newest = this.logTable.history.updates.at(-1);
    const { isOld } = this.statusBar;
    this.part("on-air").textContent = onAirText(newest, this.state.phase, this.contests, isOld);
    this.logTable.showCorrectable(this.state);
    this.show();
  }

  #showRundown() {
    const { cues, selected, editing, look, part } = this;
    const marked = {
      next: upNext(cues)?.id,
      behind: leftBehind(cues).map(({ id }) => id),
      preview: selected,
      editing: editing?.id,
      look,
    };
    this.cueList.show(cues, this.state, marked, this.now);
    this.#showBanner();
    part("no-cues").hidden = cues.length > 0;
    const left = cues.filter((cue) => !cue.taken).length;
    part("rundown-count").textContent = cues.length ? `${left} of ${cues.length} to come` : "";
  }

  #showBanner() {
    this.banner.show(this.cues, this.look, this.confirmers);
  }

  #showDraft(problem) {
    const { part, selected, editing } = this;
    part("problem").textContent = (selected === null && !editing && problem) || "";
    part("show-draft").hidden = selected === null;
    const title = editing && (this.cue(editing.id)?.title ?? "a cue that was removed");
    part("hint").hidden = Boolean(editing);
    part("draft-state").textContent = editing ? `edits “${isolate(title)}”` : "";
    const saveDraft = part("save-draft"); // only people who may prepare cues have it
    if (saveDraft) saveDraft.textContent = editing ? "Save cue" : "Add to rundown";
    part("clear").textContent = editing ? "Discard the edit" : "Clear";
  }

  /** Update the countdowns, and end stale messages: every second. */
  showTime() {
    const { phase } = this.state;
    this.banner.showTime();
    this.statusBar.showDue(nextDue(this.cues), this.now);
    this.messages.endStale(this.replica.position.seq);
    this.cueList.showTime(this.now, phase === "live");
    this.statusBar.showTime(this.plan, phase, this.now);
    if (!this.may.take) return;
    const { problem, warning } = this.takeTarget;
    const { blockedText } = this.statusBar;
    const text = blockedText || (this.isPreviewEmpty ? "" : (problem ?? warning));
    const element = this.part("warning");
    if (element.textContent !== text) element.textContent = text;
    this.#fitTakeWords();
  }

  /** Return what a take of `change` does: in words, in codes, and in codes without the totals. */
  #takeTexts(change, after) {
    const { contests } = this;
    const codes = summarize(change, contests);
    const sums = afterText({ change, after: totals(contests, after.calls) }, contests);
    const all = [codes, sums].filter(Boolean).join(" · ");
    return [takeWords(change, after, contests), all, codes];
  }

  /** Write the first text for TAKE that fits beside it, in smaller letters if it is long. */
  #fitTakeWords() {
    const [place, summary] = [this.part("take-target"), this.part("take-summary")];
    const shown = `${place.clientWidth} ${this.part("warning").textContent} ${this.takeTexts[0]}`;
    if (shown === this.takeShown) return; // another layout every second would be for nothing
    this.takeShown = shown;
    const isCut = () => place.scrollHeight > place.clientHeight;
    place.removeAttribute("data-long");
    for (const text of this.takeTexts) {
      summary.textContent = text;
      if (isCut()) place.setAttribute("data-long", "");
      if (!isCut()) break;
    }
  }
}
