// Line charts as SVG. The values at the pointer are written below the chart.

import { formatNumber, nearest, ticks } from "./scale.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 220;
const MARGIN = { left: 52, right: 8, top: 8, bottom: 34 };

/**
 * Draw a chart in a figure that has a caption, in place of an earlier one.
 *
 * `series` are {name, points}, a point being [x, y], with null for a gap; `x` and `y` are labels of
 * the axes. With `share`, x is a share of all below 1, on a scale that stretches towards 1.
 */
export function drawChart(figure, { series, x, y, share = false }) {
  const width = figure.clientWidth || 720; // so that the text is as large on a phone as on a screen
  const place = share ? (value) => -Math.log10(1 - value) : (value) => value;
  const known = series.flatMap(({ points }) => points.filter(([, value]) => value != null));
  const xs = known.map(([at]) => place(at));
  const left = share ? 0 : Math.min(...xs, Infinity);
  const range = xs.length ? [left, Math.max(...xs, left + 1e-9)] : [0, 1];
  const yTicks = ticks(0, Math.max(0, ...known.map(([, value]) => value)) || 1);
  const top = yTicks.at(-1);
  const toX = (at) =>
    MARGIN.left + ((place(at) - range[0]) / (range[1] - range[0])) * (width - MARGIN.left - MARGIN.right);
  const toY = (value) => HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);

  const svg = make("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img" });
  svg.setAttribute("aria-label", `${figure.querySelector("figcaption").textContent}: ${newest(series)}`);
  for (const value of yTicks) {
    svg.append(make("line", { class: "chart-grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: toY(value), y2: toY(value) }));
    svg.append(text(formatNumber(value), MARGIN.left - 6, toY(value) + 4, "end"));
  }
  const xTicks = share ? [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999] : ticks(...range);
  for (const value of xTicks.filter((at) => place(at) >= range[0] && place(at) <= range[1])) {
    const label = share ? `${formatShare(value)} %` : formatNumber(value);
    svg.append(text(label, toX(value), HEIGHT - 18, toX(value) > width - 24 ? "end" : "middle"));
  }
  svg.append(text(x, (MARGIN.left + width) / 2, HEIGHT - 3, "middle"));
  series.forEach(({ points }, index) => {
    for (const part of parts(points)) {
      const line = part.map(([at, value]) => `${toX(at).toFixed(1)},${toY(value).toFixed(1)}`);
      if (line.length === 1) {
        const [cx, cy] = line[0].split(",");
        svg.append(make("circle", { class: `chart-dot chart-${index}`, cx, cy, r: 3 }));
      } else {
        svg.append(make("polyline", { class: `chart-line chart-${index}`, points: line.join(" ") }));
      }
    }
  });
  const cursor = make("line", {
    class: "chart-cursor",
    visibility: "hidden",
    y1: MARGIN.top,
    y2: HEIGHT - MARGIN.bottom,
  });
  svg.append(cursor);

  const legend = document.createElement("p");
  legend.className = "chart-legend";
  const values = series.map(({ name }, index) => {
    const entry = document.createElement("span");
    entry.className = `chart-key chart-${index}`;
    const value = document.createElement("b");
    entry.append(`${name} `, value);
    legend.append(entry);
    return value;
  });
  const unit = document.createElement("span");
  unit.textContent = y;
  legend.append(unit);

  svg.addEventListener("pointermove", (event) => {
    const at = ((event.offsetX / svg.clientWidth) * width - MARGIN.left) / (width - MARGIN.left - MARGIN.right);
    const wanted = range[0] + at * (range[1] - range[0]);
    series.forEach(({ points }, index) => {
      if (!points.length) return;
      const point = points[nearest(points.map(([value]) => [place(value)]), wanted)];
      values[index].textContent = formatNumber(point[1]);
      cursor.setAttribute("x1", toX(point[0]));
      cursor.setAttribute("x2", toX(point[0]));
      cursor.setAttribute("visibility", "visible");
    });
  });
  figure.querySelector("svg")?.remove();
  figure.querySelector(".chart-legend")?.remove();
  figure.append(svg, legend);
}

/** Describe the newest value of each series. */
function newest(series) {
  return series
    .map(({ name, points }) => `${name} ${formatNumber(points.findLast(([, value]) => value != null)?.[1])}`)
    .join(", ");
}

/** Return the points in parts without gaps. */
function parts(points) {
  const found = [[]];
  for (const point of points) {
    if (point[1] == null) found.push([]);
    else found.at(-1).push(point);
  }
  return found.filter((part) => part.length);
}

function formatShare(value) {
  return Number((100 * value).toPrecision(7));
}

function text(content, x, y, anchor) {
  const element = make("text", { x, y, "text-anchor": anchor });
  element.textContent = content;
  return element;
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
