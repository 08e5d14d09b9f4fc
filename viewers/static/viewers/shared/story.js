// The newsroom's words: headline, body and annotations, folded where they are longer than their place.

import { drawPins, write } from "../../broadcaster/rendering/drawing.js";

const LONG = 80; // characters of a headline above which its letters are smaller, as in lead.html

/**
 * Write the story of `state` into the parts of `root` for it: headline, body, annotations. Those that
 * point to a place on the map of the contest `key` have a number, which is on the map as well.
 */
export function drawStory(root, state, contests, key) {
  const { story } = state;
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  drawHeadline(root, state);
  write(part("body"), story.body);
  part("body").hidden = !story.body;
  const numbers = drawPins(root, story.annotations, key, contests[key]);
  const notes = story.annotations.map(({ contest, at, text }, index) => {
    const note = document.createElement("li");
    if (numbers[index]) note.dataset.number = numbers[index];
    const words = document.createElement("bdi");
    words.textContent = text;
    note.append(contests[contest]?.isPlace(at) ? `${at}: ` : "", words);
    return note;
  });
  if (notes.length || part("annotations").children.length) {
    part("annotations").replaceChildren(...notes);
  }
  part("annotations").hidden = !notes.length;
}

/**
 * Write the headline of a state into its place in `root`, or say what stands there without one:
 * before the start its time, if there is one, and after it the title.
 */
export function drawHeadline(root, { phase, story: { headline } }) {
  const place = root.querySelector('[data-part="headline"]');
  const isComing = phase === "scheduled" && root.querySelector("[data-begins]");
  if (headline) delete root.dataset.standIn;
  else root.dataset.standIn = isComing ? "begins" : "title";
  write(place, headline);
  place.hidden = !headline;
  place.toggleAttribute("data-long", [...headline].length > LONG); // code points, as Python counts
}

/**
 * From now on, cut texts in `root` that are longer than their place after a whole word, and show
 * *More* there. It unfolds the text, until the text or the width of the window changes. A text that
 * nearly fits gets smaller letters first, where its place has some.
 */
export function foldTexts(root) {
  const buttons = [...root.querySelectorAll("[data-fold]")];
  const textOf = ({ dataset }) => root.querySelector(`[data-part="${dataset.fold}"]`);
  const unfold = (button, isOpen) => {
    button.setAttribute("aria-expanded", String(isOpen));
    textOf(button).toggleAttribute("data-open", isOpen);
  };
  const isLong = (button) => {
    const text = textOf(button);
    return !text.hidden && text.scrollHeight > text.clientHeight + 1;
  };
  const measure = () => {
    for (const button of buttons) {
      unfold(button, false);
      button.hidden = true;
      for (const name of ["data-tight", "data-cut"]) textOf(button).removeAttribute(name);
    }
    const long = buttons.filter(isLong); // one layout for all, and mostly the last
    for (const button of long) textOf(button).toggleAttribute("data-tight", true);
    for (const button of long.filter(isLong)) cut(textOf(button), button);
  };
  const observer = new MutationObserver(measure);
  for (const button of buttons) {
    observer.observe(textOf(button), { childList: true });
    button.addEventListener("click", () => unfold(button, !textOf(button).hasAttribute("data-open")));
  }
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return; // a frame becomes higher with the text that was unfolded
    width = innerWidth;
    measure();
  });
  measure();
}

/** Cut a text that is too long for its place, and put `button` behind the last word that is shown. */
function cut(text, button) {
  button.hidden = false;
  text.style.setProperty("--fold", `${button.offsetWidth}px`);
  text.toggleAttribute("data-cut", true);
  const place = button.parentElement.getBoundingClientRect();
  const { bottom } = text.getBoundingClientRect();
  const range = document.createRange();
  let last = null;
  for (const { index, 0: word } of text.textContent.matchAll(/\S+/g)) {
    range.setStart(text.firstChild, index);
    range.setEnd(text.firstChild, index + word.length);
    const box = range.getBoundingClientRect();
    if ((box.top + box.bottom) / 2 > bottom) break;
    last = box;
  }
  if (!last) return; // one long word: the button is at the end of the line
  const isRtl = text.matches(":dir(rtl)");
  button.style.left = isRtl ? "auto" : `${last.right - place.left}px`;
  button.style.right = isRtl ? `${place.right - last.left}px` : "auto";
  button.style.top = `${(last.top + last.bottom - button.offsetHeight) / 2 - place.top}px`;
}
