// Numbers on a map, where the annotations of a story point.

import { shapeAt } from "../rendering/drawing.js";

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 1.1; // of a pin, in sizes of the map's labels

/**
 * Draw a pin with its number, from 1, at each of `places`: races or shapes of the contest, or "" for
 * a note without a place, which has a number and no pin.
 */
export function drawPins(map, places, contest) {
  const pins = map.querySelector(".map-pins") ?? map.appendChild(element("g", { class: "map-pins" }));
  const labels = map.querySelector(".map-labels");
  const key = `${places.join(" ")}|${map.dataset.focus}`;
  if (pins.dataset.shown === key) return;
  pins.dataset.shown = key;
  const shown = places.flatMap((place, index) => {
    const shape = shapeAt(map, contest.shapeOf(place));
    return shape ? [{ number: index + 1, shape }] : [];
  });
  const goal = shapeAt(map, contest.shapeOf(map.dataset.focus))?.dataset.view ?? map.dataset.whole;
  const zoom = map.dataset.whole.split(" ")[2] / goal.split(" ")[2];
  const size = labels.dataset.size / zoom;
  pins.setAttribute("font-size", size);
  pins.replaceChildren(...shown.map(({ number, shape }) => pin(number, shape, size)));
}

function pin(number, shape, size) {
  const box = shape.getBBox();
  // Above the middle, where the shape's own label is.
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const group = element("g", { transform: `translate(${x} ${y - 1.6 * size})` });
  const text = element("text", { "text-anchor": "middle", dy: "0.36em" });
  text.textContent = number;
  group.append(element("circle", { r: RADIUS * size }), text);
  return group;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
