// The board: the map for a screen that nobody touches. It runs for weeks, so it loads itself again
// when the server has newer files, and nothing that it shows needs a hand.

import { drawTally } from "../../broadcaster/rendering/drawing.js";
import { stateOf } from "../../broadcaster/domain/replica.js";
import { gettext } from "../../broadcaster/domain/translation.js";
import { FollowedMap } from "../shared/followed_map.js";
import { Renewal } from "../shared/renewal.js";
import { undecided, undecidedTexts } from "../shared/wording.js";

const MINUTE = 60_000; // milliseconds
const SHOWN = ".board-score-shown"; // the place of the score of the contest that is on the map
const OTHERS = ".board-score-others";

const page = document.querySelector("main");
const data = JSON.parse(document.getElementById("broadcast").textContent);
const clockOffset = data.now - Date.now(); // milliseconds that the server's clock is ahead
const renewal = new Renewal(() => true);
const map = new FollowedMap(page, data, {
  onDrawn,
  onLost: () => renewal.lost(),
  onOutdated: () => renewal.outdated(),
});

function onDrawn() {
  const { calls } = map.replica.state;
  for (const score of page.querySelectorAll("[data-score]")) {
    const { score: key } = score.dataset;
    drawTally(score, map.contests[key].totals(calls[key]), map.contests[key]);
    const place = page.querySelector(key === map.shown ? SHOWN : OTHERS);
    if (score.parentElement !== place) place.append(score);
  }
  drawUndecided();
}

/** Draw the heaviest races that are not decided, and how many more there are than fit. */
function drawUndecided() {
  const contest = map.contests[map.shown];
  const here = stateOf(map.replica.state, map.shown);
  const races = undecided(contest, here.calls);
  const now = Date.now() + clockOffset;
  const { at } = map.replica;
  const rows = races.slice(0, data.maxUndecided).map((race) => {
    const row = document.getElementById("undecided-row").content.cloneNode(true).firstElementChild;
    const texts = undecidedTexts(race, contest, here, now, data.timeZone, at);
    for (const element of row.querySelectorAll("[data-part]")) {
      element.textContent = texts[element.dataset.part];
    }
    return row;
  });
  part("undecided").replaceChildren(...rows);
  part("undecided-count").textContent = races.length;
  part("undecided-section").hidden = !races.length;
  const isSeen = ({ offsetLeft }) => offsetLeft === rows[0].offsetLeft; // board.css: the first column
  const more = races.length - rows.filter(isSeen).length;
  part("undecided-more").textContent = more ? gettext("+%(count)s more", { count: more }) : "";
}

function part(name) {
  return page.querySelector(`[data-part="${name}"]`);
}

setInterval(drawUndecided, MINUTE); // closing times pass
new ResizeObserver(drawUndecided).observe(part("undecided"));
document.documentElement.dataset.started = "";
