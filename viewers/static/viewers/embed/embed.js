// The map in a frame.

import { FollowedMap } from "../shared/followed_map.js";
import { drawTabs } from "../shared/contest_pieces.js";
import { Renewal, isIdle } from "../shared/renewal.js";
import { foldTexts } from "../shared/story.js";
import { offerHeight } from "./sizing.js";

const page = document.querySelector("main");
const data = JSON.parse(document.getElementById("broadcast").textContent);
const details = page.querySelector("details");
const renewal = new Renewal(() => isIdle() && !details.open && map.chosen === data.pinned);
const map = new FollowedMap(page, data, {
  onDrawn() {
    drawTabs(page, map.contests, map.replica.state.calls, map.shown);
  },
  onLost: () => renewal.lost(),
  onOutdated: () => renewal.outdated(),
});

page.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-contest]");
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  map.choose(tab.dataset.contest);
});
foldTexts(page);
offerHeight();
