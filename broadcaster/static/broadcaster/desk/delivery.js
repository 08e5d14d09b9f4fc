// How an update arrived, in words and as a line. Pure: no DOM, no network.

const KEPT = 150; // points of the sparkline
const STEP = 4000; // milliseconds between two of them: ten minutes in all

/** 9987 → "9,987" */
export function count(n) {
  return n.toLocaleString("en-US");
}

/** 310 → "0.31 s" */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** A number for both transports, or one for each, as {all, ws, poll}. */
function both(value) {
  if (typeof value !== "object" || value === null) return { all: value };
  return { ...value, all: value.ws + value.poll };
}

/** The newest receipt in short, for the bar and the log: "9,981 of 9,987". */
export function reached({ reached: got, of }) {
  const known = of == null ? "" : ` of ${count(both(of).all)}`;
  return count(both(got).all) + known;
}

/** The newest receipt in one line: what the server said of it, and no more. */
export function proof(receipt) {
  const { seq, ms, reached: got, p50, p99, behind } = receipt;
  const split = both(got);
  const words = [`Update ${seq} reached ${reached(receipt)}`];
  if (split.ws !== undefined) words[0] += ` (${count(split.ws)} ws, ${count(split.poll)} poll)`;
  if (p50 != null) words.push(`half by ${seconds(p50)}`);
  if (p99 != null) words.push(`99 % by ${seconds(p99)}`);
  else if (ms != null) words.push(`the last after ${seconds(ms)}`);
  if (behind != null) words.push(behind ? `still behind: ${count(behind)}` : "nobody behind");
  return `${words.join(", ")}.`;
}

/** How old each process's knowledge of the log is: the oldest says it. */
export function ages(list) {
  if (!list?.length) return "";
  const oldest = Math.max(...list);
  const each = list.map((age) => `${age.toFixed(1)} s`).join(", ");
  return `${oldest > 10 ? "⚠ " : ""}Age of each process's position: ${each}.`;
}

/** How many watched, over the last ten minutes. */
export class History {
  constructor() {
    this.points = [];
    this.at = -Infinity;
  }

  add(viewers, now) {
    if (now - this.at < STEP && this.points.length) {
      this.points[this.points.length - 1] = viewers;
      return;
    }
    this.at = now;
    this.points.push(viewers);
    if (this.points.length > KEPT) this.points.shift();
  }

  /** An SVG polyline's points in a box of this size; it ends at the right edge. */
  line(width, height) {
    const most = Math.max(1, ...this.points);
    const step = width / (KEPT - 1);
    const start = width - step * (this.points.length - 1);
    return this.points
      .map((n, i) => `${(start + i * step).toFixed(1)},${(height - (n / most) * height).toFixed(1)}`)
      .join(" ");
  }

  get words() {
    const [least, most] = [Math.min(...this.points), Math.max(...this.points)];
    return `Viewers over the last ten minutes: between ${count(least)} and ${count(most)}`;
  }
}
