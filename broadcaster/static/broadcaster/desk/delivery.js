// How an update was delivered, as text and as a sparkline. Pure: no DOM, no network.

const MAX_POINTS = 150; // of the sparkline
const FEWEST_POINTS = 15; // a line of a minute; a shorter one looks like a stray dash
const STEP = 4000; // milliseconds between two points, so the sparkline covers ten minutes

/** 9987 → "9,987" */
export function formatCount(n) {
  return n.toLocaleString("en-US");
}

/** 310 → "0.31 s" */
export function formatSeconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Return {all, ws, poll}. `value` is {ws, poll}, or one number from an older server. */
function withSum(value) {
  if (typeof value !== "object" || value === null) return { all: value };
  return { ...value, all: value.ws + value.poll };
}

/** Return how many viewers the newest update reached: "9,981 of 9,987, 63 unknown". */
export function reachedLabel({ reached, expected, unknown }) {
  const total = expected == null ? "" : ` of ${formatCount(withSum(expected).all)}`;
  const rest = unknown ? `, ${formatCount(unknown)} unknown` : "";
  return formatCount(withSum(reached).all) + total + rest;
}

/** Return the delivery of the newest update in one line, without what the server left out. */
export function deliverySummary(delivery) {
  const { seq, max, reached, p50, p99, behind, unknown } = delivery;
  const { ws, poll } = withSum(reached);
  const split = ws === undefined ? "" : ` (${formatCount(ws)} ws, ${formatCount(poll)} poll)`;
  const parts = [`Update ${seq} reached ${reachedLabel(delivery)}${split}`];
  if (p50 != null) parts.push(`half within ${formatSeconds(p50)}`);
  if (p99 != null) parts.push(`99 % within ${formatSeconds(p99)}`);
  else if (max != null) parts.push(`the last after ${formatSeconds(max)}`);
  if (behind || (behind === 0 && !unknown)) {
    parts.push(behind ? `still behind: ${formatCount(behind)}` : "none behind");
  }
  return `${parts.join(", ")}.`;
}

/** Return how many processes report, and how many have fallen silent with viewers. */
export function processesLabel({ processes, silent = 0, unknown = 0 }) {
  if (silent) {
    const viewers = `${formatCount(unknown)} ${unknown === 1 ? "viewer" : "viewers"}`;
    return `⚠ ${serverProcesses(silent)} silent, with ${viewers}; ${processes} reporting`;
  }
  return processes ? serverProcesses(processes) : "no viewers";
}

function serverProcesses(count) {
  return `${count} server ${count === 1 ? "process" : "processes"}`;
}

/** Return how many seconds ago each process last compared its position with the log. */
export function agesSummary(ages) {
  if (!ages?.length) return "";
  const warning = Math.max(...ages) > 10 ? "⚠ " : "";
  const list = ages.map((age) => `${age.toFixed(1)} s`).join(", ");
  return `${warning}Processes last checked the log ${list} ago.`;
}

/** Return a warning if a server's clock is more than a second from the database's, or "". */
export function clockWarning(offset = 0) {
  if (Math.abs(offset) <= 1) return "";
  const direction = offset > 0 ? "ahead of" : "behind";
  return `⚠ A server's clock is ${Math.abs(offset).toFixed(1)} s ${direction} the database's.`;
}

/** The number of viewers over the last ten minutes. */
export class ViewerHistory {
  constructor() {
    this.points = [];
    this.at = -Infinity; // when the last point was added
  }

  add(viewers, now) {
    if (now - this.at < STEP && this.points.length) {
      this.points[this.points.length - 1] = viewers;
      return;
    }
    this.at = now;
    this.points.push(viewers);
    if (this.points.length > MAX_POINTS) this.points.shift();
  }

  /**
   * Return an SVG polyline's points in a box of this size, "" in the first minute. The newest is at
   * its right edge.
   */
  polyline(width, height) {
    if (this.points.length < FEWEST_POINTS) return "";
    const most = Math.max(1, ...this.points);
    const step = width / (MAX_POINTS - 1);
    const start = width - step * (this.points.length - 1);
    return this.points
      .map((n, i) => [start + i * step, height - (n / most) * height])
      .map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`)
      .join(" ");
  }

  get label() {
    const least = formatCount(Math.min(...this.points));
    const most = formatCount(Math.max(...this.points));
    return `Viewers over the last ten minutes: between ${least} and ${most}`;
  }
}
