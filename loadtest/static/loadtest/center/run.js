// The page of a run that goes on: asks for its state every two seconds, and shows it.

import { drawChart } from "./chart.js";
import { formatNumber } from "./scale.js";

const EVERY = 2000; // ms; the server that answers may be the one under test
const PHASES = {
  starting: "start",
  ramp: "arrival",
  settle: "rest",
  storm: "storm",
  rounds: "updates",
  drain: "last deliveries",
  counting: "counting",
  done: "report",
};

const data = JSON.parse(document.getElementById("run-data").textContent);
const tiles = document.querySelector("[data-tiles]");
const figures = document.querySelector("[data-charts]");

function show({ stateName, stopping, live }) {
  write("state", stopping ? "Stopping" : stateName);
  if (live.lines) return showLines(live.lines);
  const { updates = [], timeline = [] } = live;
  const update = updates.at(-1);
  write("phase", PHASES[live.phase] ?? "–");
  write("left", live.left ? `${live.left} s to the end of the updates` : "");
  write("connected", formatNumber(live.connected));
  write("clients", `of ${formatNumber(live.clients)}${live.failed ? `, ${formatNumber(live.failed)} failures` : ""}`);
  write("message", update ? `${update.number} of ${live.messages}` : "–");
  write("reached", update ? `reached: ${formatNumber(update.count)}` : "");
  const delays = updates.findLast((each) => each.delays.length)?.delays ?? [];
  write("delays", delays.length ? `${formatNumber(delays[2])} ms` : "–");
  write("spread", delays.length ? `first ${formatNumber(delays[0])}, half ${formatNumber(delays[1])}, last ${formatNumber(delays[3])}` : "");
  write("cpu", live.server_cpu == null ? "–" : `${formatNumber(100 * live.server_cpu)} %`);
  write("memory", live.server_memory ? `${formatNumber(live.server_memory / 2 ** 20)} MiB` : "unknown");
  write("worst", live.worst_cpu == null ? "–" : `${formatNumber(100 * live.worst_cpu)} %`);
  write("late", live.late == null ? "" : `its timers are ${formatNumber(live.late)} ms late`);
  write("lost", (live.lost ?? []).join("; "));
  const over = (index, factor = 1) =>
    timeline.map((point) => [point[0], point[index] == null ? null : factor * point[index]]);
  chart("viewers", "seconds", "viewers", { due: over(1), connected: over(2) });
  const delay = (index) =>
    updates.filter((each) => each.delays.length).map((each) => [each.number, each.delays[index]]);
  chart("delay", "update", "ms", { first: delay(0), half: delay(1), "95 %": delay(2), last: delay(3) });
  chart("cpu", "seconds", "% of a core", { server: over(3, 100), "worst simulator": over(4, 100) });
}

/** Show what a matrix has printed, instead of tiles and charts. */
function showLines(lines) {
  tiles.hidden = true;
  figures.hidden = true;
  const output = document.querySelector("[data-lines]");
  output.hidden = false;
  output.textContent = lines.join("\n");
}

function chart(name, x, y, series) {
  const figure = figures.querySelector(`[data-chart="${name}"]`);
  const named = Object.entries(series).map(([each, points]) => ({ name: each, points }));
  drawChart(figure, { series: named, x, y });
}

function write(name, content) {
  for (const element of document.querySelectorAll(`[data-run="${name}"]`)) {
    if (element.textContent !== content) element.textContent = content;
  }
}

async function refresh() {
  try {
    const response = await fetch(data.url);
    if (!response.ok) throw new Error(`the server answers with ${response.status}`);
    const state = await response.json();
    if (state.over) return location.reload();
    show(state);
    write("trouble", "");
  } catch (error) {
    write("trouble", `The state cannot be read: ${error.message}. Trying again.`);
  }
  setTimeout(refresh, EVERY);
}

if (tiles) {
  show(data);
  setTimeout(refresh, EVERY);
}
