// The frame around the desk and the bar at its top: the broadcast's phase, the newsroom's clock, the
// planned start and end, and the connection to the server.

import { clockTime } from "./clock.js";
import { frameMode, modeLabel, planLabel } from "./show_status.js";

const CONNECTION_LABELS = {
  connected: "✓ connected",
  fallback: "⚠ socket down: takes still work, updates arrive every 5 s",
  offline: "⚠ no connection: what you see may be old",
  forbidden: "⚠ logged out, or not allowed here: log in again",
  replaced: "⚠ somebody else logged in with this browser: reload the page",
};

export class StatusBar {
  constructor(root, part, broadcast) {
    Object.assign(this, { root, part, broadcast });
  }

  showPhase(phase) {
    const { root, part, broadcast } = this;
    root.dataset.mode = frameMode(broadcast, phase);
    root.dataset.phase = phase;
    const label = modeLabel(broadcast, phase);
    // Writing the same text again would have screen readers announce it again.
    if (part("mode").textContent !== label) part("mode").textContent = label;
    for (const button of root.querySelectorAll("[data-phases]")) {
      button.hidden = !button.dataset.phases.split(" ").includes(phase);
    }
  }

  /** Show the time, and the time left. `plan` is as in the server's "rundown" frame. */
  showTime(plan, phase, now) {
    this.part("clock").textContent = clockTime(now);
    this.part("planned").textContent = planLabel(plan, phase, now);
  }

  /** Show the connection's state. Return whether it changed. */
  showConnection(state) {
    const element = this.part("connection");
    if (element.dataset.state === state) return false;
    element.textContent = CONNECTION_LABELS[state];
    element.dataset.state = state;
    return true;
  }
}
