// A recording: the updates of a broadcast with their times. The same rules as recording.py;
// tests/vectors/recording.json pins both. Times are milliseconds after the beginning.

import { seqsOfCall } from "./corrections.js";
import { apply, racesOf } from "./replica.js";

export class Recording {
  /** Takes the JSON of recording.json: {began, initial, updates: [{seq, t, …}]}. */
  constructor({ began, initial, updates }) {
    this.began = began;
    this.updates = updates;
    this.states = [initial]; // the map after each update; the index is its seq
    for (const update of updates) this.states.push(apply(this.states.at(-1), update));
  }

  /** The time from the beginning to the last update. */
  get duration() {
    return this.updates.at(-1)?.t ?? 0;
  }

  /** Return the seq of the last update at the time `t`, or 0 before the first. */
  seqAt(t) {
    let [low, high] = [0, this.updates.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.updates[middle].t <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Return the map at the time `t`. */
  fold(t) {
    return this.states[this.seqAt(t)];
  }

  /**
   * Return the updates whose calls were corrected later: seq → seq of the correction. A correction
   * takes back all updates behind a call, such as one that certified it.
   */
  corrected() {
    const found = new Map();
    const initial = this.states[0].calls;
    this.updates.forEach(({ seq, corrects, calls }, index) => {
      if (corrects === undefined) return;
      const history = { initial, updates: this.updates.slice(0, index) };
      for (const race of racesOf(calls)) {
        for (const behind of seqsOfCall(race, history)) {
          if (!found.has(behind)) found.set(behind, seq);
        }
      }
    });
    return found;
  }

  /** Return which calls on the map after `seq` were corrected later: {contest: {race: seq}}. */
  laterCorrected(seq) {
    const standing = this.states[seq].calls;
    const found = {};
    for (const update of this.updates.slice(seq)) {
      if (update.corrects === undefined) continue;
      for (const [contest, race] of racesOf(update.calls)) {
        if (!standing[contest]?.[race]?.party) continue;
        found[contest] ??= {};
        found[contest][race] ??= update.seq;
      }
    }
    return found;
  }
}
