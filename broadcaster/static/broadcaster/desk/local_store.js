// Values that this browser stores for one person and one broadcast, so that a reload loses nothing.

/** One JSON value in localStorage. Where storage is blocked or full, nothing is stored. */
export class LocalStore {
  constructor(key) {
    this.key = key;
  }

  /** Return the stored value, or `fallback`. */
  load(fallback) {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? fallback;
    } catch {
      return fallback;
    }
  }

  save(value) {
    try {
      localStorage.setItem(this.key, JSON.stringify(value));
    } catch {
      // the page still holds the value until it is reloaded
    }
  }
}
