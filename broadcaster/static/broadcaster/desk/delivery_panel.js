// The Delivery panel: how many viewers there are, and how the last update reached them.

import {
  agesSummary,
  clockWarning,
  deliverySummary,
  formatCount,
  formatSeconds,
  processesLabel,
  reachedLabel,
  ViewerHistory,
} from "./delivery.js";

const WIDTH = 240; // of the sparkline, in its own units
const HEIGHT = 32;
const SVG = "http://www.w3.org/2000/svg";

export class DeliveryPanel {
  constructor(part, logTable) {
    this.part = part;
    this.logTable = logTable;
    this.history = new ViewerHistory();
    this.sparkline = addSparkline(part("sparkline"));
  }

  /** Show a "viewers" frame. A server of an earlier version leaves some of its keys out. */
  show(frame) {
    const { ws, poll, delivery, ages, offset, unknown, known = true } = frame;
    if (!known) return this.showUnknown();
    this.#write("viewers", formatCount(ws + poll) + (unknown ? ` + ${formatCount(unknown)}?` : ""));
    this.#write("viewers-word", ws + poll === 1 && !unknown ? "viewer" : "viewers");
    this.#write("ws", formatCount(ws));
    this.#write("poll", formatCount(poll));
    this.#write("processes", processesLabel(frame));
    this.#write("ages", `${agesSummary(ages)} ${clockWarning(offset)}`.trim());
    if (delivery?.seq) {
      const { p99 } = delivery;
      const latency = p99 == null ? "" : `, p99 ${formatSeconds(p99)}`;
      this.#write("last-take", `last take reached ${reachedLabel(delivery)}${latency}`);
      this.#write("delivery", deliverySummary(delivery));
      this.logTable.showReached(delivery.seq, reachedLabel(delivery));
    }
    this.history.add(ws + poll, performance.now());
    this.sparkline.setAttribute("points", this.history.polyline(WIDTH, HEIGHT));
    this.sparkline.parentElement.setAttribute("aria-label", this.history.label);
  }

  /** Show that the number of viewers is unknown: reports do not reach this console. */
  showUnknown() {
    for (const name of ["viewers", "ws", "poll"]) this.#write(name, "–");
    this.#write("viewers-word", "viewers");
    this.#write("processes", "not known");
    this.#write("ages", "");
  }

  #write(name, text) {
    const element = this.part(name);
    if (element.textContent !== text) element.textContent = text;
  }
}

function addSparkline(parent) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "polyline");
  svg.setAttribute("viewBox", `0 -2 ${WIDTH} ${HEIGHT + 4}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Viewers: not known yet");
  svg.append(line);
  parent.append(svg);
  return line;
}
