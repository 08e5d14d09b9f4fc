// A recording: what was shown, from the first moment on. The same rules as recording.py;
// tests/vectors/recording.json holds both to it. Times are milliseconds after the beginning.

import { apply } from "./replica.js";

export class Recording {
  /** From the JSON of recording.json: {began, initial, updates: [{seq, t, …}]}. */
  constructor({ began, initial, updates }) {
    this.began = began;
    this.updates = updates;
    this.states = [initial]; // by seq
    for (const update of updates) this.states.push(apply(this.states.at(-1), update));
  }

  /** From the beginning to the last update. */
  get duration() {
    return this.updates.at(-1)?.t ?? 0;
  }

  /** The last update that was out `t` after the beginning; 0: none. */
  seqAt(t) {
    let [low, high] = [0, this.updates.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.updates[middle].t <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The map `t` after the beginning. */
  fold(t) {
    return this.states[this.seqAt(t)];
  }

  /** Which updates were corrected later: seq, and the seq of the first correction. */
  corrected() {
    const found = new Map();
    for (const { seq, corrects } of this.updates) {
      if (corrects !== undefined && !found.has(corrects)) found.set(corrects, seq);
    }
    return found;
  }

  /** Which calls on the map after update `seq` were corrected later: unit, and the seq. */
  laterCorrected(seq) {
    const standing = this.states[seq].calls;
    const found = new Map();
    for (const update of this.updates.slice(seq)) {
      if (update.corrects === undefined || update.corrects > seq) continue;
      for (const unit of Object.keys(update.calls)) {
        if (standing[unit]?.party && !found.has(unit)) found.set(unit, update.seq);
      }
    }
    return found;
  }
}
