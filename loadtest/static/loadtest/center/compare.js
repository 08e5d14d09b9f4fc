// The page of a comparison: the spectra of two runs, one chart for each series that both have.

import { drawChart } from "./chart.js";

const [a, b] = JSON.parse(document.getElementById("compare-data").textContent);
const charts = document.querySelector("[data-charts]");

// All figures are in place before the first is drawn: a chart is as wide as its figure then is.
const figures = Object.keys(a.spectrum)
  .filter((name) => name in b.spectrum)
  .map((name) => [name, addFigure(name)]);

for (const [name, figure] of figures) {
  const series = [a, b].map((side, index) => ({
    name: `${"AB"[index]}: ${side.name}`,
    points: side.spectrum[name],
  }));
  drawChart(figure, { series, x: "share of deliveries", y: "ms", share: true });
}

function addFigure(name) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = `Delay by percentile: ${name}`;
  figure.append(caption);
  charts.append(figure);
  return figure;
}
