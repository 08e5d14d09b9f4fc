// The frame around the desk and the bar at its top: the broadcast's phase, the newsroom's clock, the
// planned start and end, and the connection to the server.

import { isolate } from "../domain/bidi.js";
import { clockTime } from "./clock.js";
import { countdown } from "./rundown.js";
import { frameMode, hereText, modeLabel, planLabel } from "./show_status.js";

const CONNECTION_LABELS = {
  connected: "✓ connected",
  fallback: "⚠ socket down: takes still work, updates arrive every 5 s",
  offline: "⚠ no connection: what you see may be old",
  forbidden: "⚠ logged out, or not allowed here: log in again",
  replaced: "⚠ somebody else logged in with this browser: reload the page",
};
// States in which takes may not go out and the map may be old, with the words over Program.
const CUT_OFF = { offline: "NO CONNECTION", forbidden: "LOGGED OUT", replaced: "NOT YOU" };
const BLOCKED_TEXTS = {
  offline: "No connection: a take may not go out.",
  forbidden: "Logged out: nothing can be taken.",
  replaced: "Somebody else logged in: nothing can be taken.",
};

export class StatusBar {
  constructor(root, part, broadcast) {
    Object.assign(this, { root, part, broadcast });
    this.phase = "";
    this.cutOff = ""; // what is shown in place of the phase, which is not known then
  }

  showPhase(phase) {
    const { root, broadcast } = this;
    this.phase = phase;
    root.dataset.mode = frameMode(broadcast, phase);
    root.dataset.phase = phase;
    this.#writeMode();
    for (const button of root.querySelectorAll("[data-phases]")) {
      button.hidden = !button.dataset.phases.split(" ").includes(phase);
    }
  }

  #writeMode() {
    const label = this.cutOff ? `⚠ ${this.cutOff}` : modeLabel(this.broadcast, this.phase);
    const element = this.part("mode");
    // Writing the same text again would have screen readers announce it again.
    if (element.textContent !== label) element.textContent = label;
  }

  /** Show the time, and the time left. `plan` is as in the server's "rundown" frame. */
  showTime(plan, phase, now) {
    this.part("clock").textContent = clockTime(now);
    this.part("planned").textContent = planLabel(plan, phase, now);
  }

  /** Show the cue that goes out by itself next, and the time left; `cue` is undefined without one. */
  showDue(cue, now) {
    this.part("due").hidden = !cue;
    if (!cue) return;
    this.part("due-title").textContent = isolate(cue.title);
    this.part("due-time").textContent = `in ${countdown(cue.due - now)}`;
  }

  /** Show the other people who have this desk open; null: not known. */
  showPeople(names) {
    let words = "";
    if (names) words = names.length ? hereText(names) : "nobody else is here";
    this.part("people").textContent = words;
  }

  /** Whether there is no connection, so that all that the console shows may be old. */
  get isOld() {
    return this.cutOff !== "";
  }

  /** Why TAKE may do nothing, as far as the connection is the reason, or "". */
  get blockedText() {
    return BLOCKED_TEXTS[this.part("connection").dataset.state] ?? "";
  }

  /** Show the connection's state. Return whether it changed. */
  showConnection(state) {
    const element = this.part("connection");
    if (element.dataset.state === state) return false;
    element.textContent = CONNECTION_LABELS[state];
    element.dataset.state = state;
    this.root.toggleAttribute("data-cut-off", state in CUT_OFF);
    this.cutOff = CUT_OFF[state] ?? "";
    this.part("cut-off").textContent = this.cutOff;
    this.#writeMode();
    return true;
  }
}
