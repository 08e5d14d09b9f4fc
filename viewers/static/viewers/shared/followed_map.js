// A map that follows the broadcast without controls of its own: in a frame, and on a board. It draws
// those parts that its page has.

import { CallLog } from "../../broadcaster/rendering/call_log.js";
import { draw, tag } from "../../broadcaster/rendering/drawing.js";
import {
  contestsOf,
  nameOfPlace,
  placesOf,
  racesIn,
  stateOf,
} from "../../broadcaster/domain/replica.js";
import { setLanguage } from "../../broadcaster/domain/translation.js";
import { follow, historyUntil } from "../follow/follow.js";
import { ContestPieces } from "./contest_pieces.js";
import { drawHeadline } from "./story.js";
import { clock, hour, status } from "./wording.js";

export class FollowedMap {
  #corrected; // races with a corrected call in this history, as "contest/race"
  #snapshot; // the last one
  #log; // the log of calls, if the page has one
  #sinceSnapshot = []; // updates
  #isOutdated = false; // whether the contests are others than those of this page

  /**
   * `data` is the page's. Calls `onDrawn()` after each change of the map, `onLost()` when the
   * connection is lost, `onOutdated()` when the page has to be loaded again.
   */
  constructor(page, data, { onDrawn = () => {}, onLost = () => {}, onOutdated = () => {} }) {
    setLanguage(data.words);
    Object.assign(this, { page, data, onDrawn, onOutdated });
    this.chosen = data.pinned; // the contest of the page's address or of a tab; "": the broadcast's
    this.contests = contestsOf(data.contests);
    this.pieces = new ContestPieces(page, data, this.contests);
    if (page.querySelector(".log")) {
      this.#log = new CallLog(page, this.contests, (at) => hour(at, data.timeZone));
    }
    this.#corrected = data.corrected;
    this.#snapshot = data.snapshot;
    this.follower = follow(
      { ...data, contests: this.contests },
      {
        onEvents: (events) => this.#handle(events),
        onWaiting: () => {
          this.#drawStatus(navigator.onLine ? "reconnecting" : "offline");
          onLost();
        },
        onOver: () => {
          this.#drawStatus("outdated");
          if (this.replica.state.phase !== "ended") onOutdated();
        },
      },
    );
    this.replica = this.follower.session.replica; // the last one, while the session has none
    if (Object.keys(this.contests).length > 1) this.pieces.prefetch();
  }

  /** The key of the contest in the page. */
  get shown() {
    return this.pieces.shown;
  }

  /** Keep to a contest from now on. */
  choose(key) {
    this.chosen = key;
    this.#drawAll();
  }

  #part(name) {
    return this.page.querySelector(`[data-part="${name}"]`);
  }

  #handle(events) {
    this.replica = this.follower.session.replica ?? this.replica;
    if (events.some(([event]) => event === "snapshot" || event === "update")) {
      drawHeadline(this.page, this.replica.state);
      this.#drawAll();
      for (const [event, data] of events) {
        if (event === "snapshot") {
          if (data.epoch !== this.#snapshot.epoch) this.#corrected = [];
          this.#snapshot = data;
          this.#sinceSnapshot = [];
          this.#compareContests(data.contests).then(() => this.#fetchHistory(data)); // corrected names
        } else if (event === "update") {
          this.#sinceSnapshot.push(data);
          this.#log?.add(data);
          this.#drawCorrected([data]);
        }
      }
    }
    this.#drawStatus(this.replica.state.phase);
  }

  /** Draw the contest that is in the page, and put the one there that is to be shown. */
  #drawAll() {
    const { state } = this.replica;
    const { contest } = state.view;
    const wanted = this.chosen || (contest in this.contests ? contest : this.shown);
    if (wanted !== this.shown) this.#changeContest(wanted);
    draw(this.page, stateOf(state, this.shown), this.contests[this.shown]);
    tag(this.page, "data-corrected", racesIn(this.shown, this.#corrected));
    this.onDrawn();
  }

  async #changeContest(key) {
    try {
      if (await this.pieces.show(key)) this.#drawAll();
    } catch (error) {
      console.warn("A contest could not be loaded.", error); // the next update tries again
    }
  }

  /** After a snapshot: load contests whose names or looks were corrected. */
  async #compareContests(digests) {
    try {
      const changed = await this.pieces.update(digests);
      this.#isOutdated = changed === null;
      if (this.#isOutdated) {
        this.follower.stop(); // its sums would differ from the server's
        this.onOutdated();
      } else if (changed.length) this.#drawAll();
    } catch (error) {
      console.warn("Corrected names could not be loaded.", error);
    }
    this.#drawStatus(this.replica.state.phase);
  }

  /** Mark also the races that these updates correct. */
  #drawCorrected(updates) {
    const corrections = updates.filter(({ kind }) => kind === "correct");
    const places = corrections.flatMap(({ calls }) => placesOf(calls));
    this.#corrected = [...new Set([...this.#corrected, ...places])];
    tag(this.page, "data-corrected", racesIn(this.shown, this.#corrected));
    this.#part("corrected").hidden = !this.#corrected.length;
    const names = this.#corrected.map((place) => nameOfPlace(place, this.contests));
    this.#part("corrected-units").textContent = names.join(", ");
  }

  /** Write the log of calls, and mark the races corrected, before a snapshot, which has neither. */
  async #fetchHistory(snapshot) {
    try {
      const { updates } = await historyUntil(this.data.address, snapshot);
      if (snapshot !== this.#snapshot) return; // the history until the newer one comes, too
      this.#log?.rebuild([...updates, ...this.#sinceSnapshot]);
      this.#drawCorrected(updates);
    } catch (error) {
      console.warn("The recording could not be loaded. Calls and corrections may be missing.", error);
    }
  }

  #drawStatus(state) {
    const { startsAt, timeZone, rehearsal } = this.data;
    const { phase } = this.replica.state;
    if (phase === "ended") state = "ended";
    else if (this.#isOutdated) state = "outdated";
    const { words, at } = status(state, this.replica.at, startsAt, { rehearsal });
    this.#part("status").dataset.state = state;
    this.#part("words").textContent = words;
    this.#part("time").hidden = at === null;
    if (at === null) return;
    this.#part("time").dateTime = new Date(at).toISOString();
    this.#part("time").textContent = clock(at, Date.now(), timeZone, at !== startsAt);
  }
}
