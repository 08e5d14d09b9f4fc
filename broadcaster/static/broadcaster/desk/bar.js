// The frame and its bar: what the show is in, when it begins or ends, whether we hear the server.

import { mode, modeWords, planned } from "./show_status.js";

const LINE = {
  open: "✓ connected",
  lost: "⚠ socket down: takes go by post, news every 5 s",
  away: "⚠ no connection: what you see may be old",
  forbidden: "⚠ logged out, or not allowed here: log in again",
};

export class Bar {
  /** `broadcast` is the page's. */
  constructor(root, part, broadcast) {
    Object.assign(this, { root, part, broadcast });
  }

  show(phase) {
    const { root, part, broadcast } = this;
    root.dataset.mode = mode(broadcast, phase);
    root.dataset.phase = phase;
    const words = modeWords(broadcast, phase);
    if (part("mode").textContent !== words) part("mode").textContent = words; // else heard again
    for (const button of root.querySelectorAll("[data-in]")) {
      button.hidden = !button.dataset.in.split(" ").includes(phase);
    }
  }

  /** What counts down. `plan` is as in the server's "rundown" frame. */
  tick(plan, phase, now) {
    this.part("planned").textContent = planned(plan, phase, now);
  }

  /** Whether that is news. */
  line(state) {
    const line = this.part("line");
    if (line.dataset.state === state) return false;
    line.textContent = LINE[state];
    line.dataset.state = state;
    return true;
  }
}
