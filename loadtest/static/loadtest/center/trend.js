// The page of a trend: figures of all runs of a load test, in the order of time.

import { drawChart } from "./chart.js";

const points = JSON.parse(document.getElementById("trend-data").textContent);
const DELAYS = { "mean relative delay": "relative", "95 %": "p95", last: "last" };

for (const [chart, y, names] of [
  ["delay", "ms", DELAYS],
  ["cpu", "µs", { "server CPU per delivery": "cpu" }],
]) {
  const series = Object.entries(names).map(([name, key]) => ({
    name,
    points: points.map((point) => [point.run, point[key]]),
  }));
  drawChart(document.querySelector(`[data-chart="${chart}"]`), { series, x: "run", y });
}
