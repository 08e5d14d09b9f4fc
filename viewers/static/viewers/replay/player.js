// The position of a replay. Every method takes the present time as `now`, in milliseconds.

/** A clock from 0 to `duration` that can be paused, moved, and run faster. */
export class Player {
  #from; // the position at the time `#since`
  #since = null; // null while it is paused
  speed = 1;

  constructor(duration, from = 0) {
    this.duration = duration;
    this.#from = from;
  }

  get playing() {
    return this.#since !== null;
  }

  /** Return the position; below 0 if it starts later. */
  at(now) {
    if (!this.playing) return this.#from;
    return Math.min(this.#from + (now - this.#since) * this.speed, this.duration);
  }

  /** Play from the present position, or from the beginning if it is at the end. */
  play(now) {
    this.#from = this.at(now) < this.duration ? this.at(now) : 0;
    this.#since = now;
  }

  /** Follow the common clock of a rebroadcast: speed 1, and 0 at the time `start`. */
  join(start) {
    [this.#from, this.#since, this.speed] = [0, start, 1];
  }

  pause(now) {
    this.#from = Math.max(this.at(now), 0);
    this.#since = null;
  }

  seek(to, now) {
    this.#from = Math.min(Math.max(to, 0), this.duration);
    if (this.playing) this.#since = now;
  }

  setSpeed(speed, now) {
    this.seek(this.at(now), now);
    this.speed = speed;
  }
}
