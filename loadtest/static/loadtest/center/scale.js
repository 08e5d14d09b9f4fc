// Scales of charts: round steps for an axis, and numbers as people read them. Pure.

/** Return 3 to 6 round values from 0 or `low` to at least `high`. */
export function ticks(low, high) {
  const span = Math.max(high - low, 1e-9);
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => span / each <= 5);
  const found = [];
  for (let value = Math.floor(low / step) * step; value < low + span + step * 0.999; value += step) {
    found.push(Number(value.toPrecision(12)));
  }
  return found;
}

/** Return a number with as many digits as matter: 0.25, 7.5, 312, 12,500. */
export function formatNumber(value) {
  if (value == null || Number.isNaN(value)) return "–";
  const digits = Math.abs(value) < 1 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** Return the index of the point whose x is nearest to `x`; points are in the order of x. */
export function nearest(points, x) {
  let best = 0;
  points.forEach(([at], index) => {
    if (Math.abs(at - x) < Math.abs(points[best][0] - x)) best = index;
  });
  return best;
}
