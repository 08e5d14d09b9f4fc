// Where in a recording we are. Pure: whoever asks brings the time, in milliseconds.

/** A clock from 0 to `duration` that can be stopped, moved, and run faster. */
export class Player {
  #from; // where it was when `#since` was
  #since = null; // while it runs
  speed = 1;

  constructor(duration, from = 0) {
    this.duration = duration;
    this.#from = from;
  }

  get playing() {
    return this.#since !== null;
  }

  /** Where it is at `now`. Below 0 if it is to start later. */
  at(now) {
    if (!this.playing) return this.#from;
    return Math.min(this.#from + (now - this.#since) * this.speed, this.duration);
  }

  /** Run from where it is; from the beginning if it is at the end. */
  play(now) {
    this.#from = this.at(now) < this.duration ? this.at(now) : 0;
    this.#since = now;
  }

  /** Run as everyone's clock does: at speed 1, and from 0 at the time `start`. */
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
