// Delivery on the page: who watches, and how the last update reached them.

import { ages, count, History, proof, reached, seconds } from "./delivery.js";

const WIDTH = 240; // units of the sparkline's own
const HEIGHT = 32;
const SVG = "http://www.w3.org/2000/svg";

export class Proof {
  constructor(part, log) {
    this.part = part;
    this.log = log;
    this.history = new History();
    this.line = sparkline(part("spark"));
  }

  /** A "viewers" frame. Older servers leave out what they do not know. */
  show({ processes, ws, poll, receipt, ages: list }) {
    this.#write("viewers", count(ws + poll));
    this.#write("ws", count(ws));
    this.#write("poll", count(poll));
    this.#write("processes", alive(processes));
    this.#write("ages", ages(list));
    if (receipt?.seq) {
      const { p99 } = receipt;
      const late = p99 == null ? "" : `, p99 ${seconds(p99)}`;
      this.#write("receipt", `last take reached ${reached(receipt)}${late}`);
      this.#write("proof", proof(receipt));
      this.log.reached(receipt.seq, reached(receipt));
    }
    this.history.add(ws + poll, performance.now());
    this.line.setAttribute("points", this.history.line(WIDTH, HEIGHT));
    this.line.parentElement.setAttribute("aria-label", this.history.words);
  }

  /** Nobody tells how many watch. */
  unknown() {
    for (const name of ["viewers", "ws", "poll"]) this.#write(name, "–");
    this.#write("processes", "");
    this.#write("ages", "");
  }

  #write(name, words) {
    const element = this.part(name);
    if (element.textContent !== words) element.textContent = words;
  }
}

/** Only processes that hold viewers of this broadcast report. */
function alive(processes) {
  if (!processes) return "nobody watches";
  return `${processes} ${processes === 1 ? "process" : "processes"} alive`;
}

function sparkline(place) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "polyline");
  svg.setAttribute("viewBox", `0 -2 ${WIDTH} ${HEIGHT + 4}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Viewers: not known yet");
  svg.append(line);
  place.append(svg);
  return line;
}
