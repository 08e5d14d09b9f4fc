// What this browser keeps for one person and one broadcast, so that a reload loses nothing.

/** A place in localStorage that holds one JSON value; without storage it holds it until then. */
export class Memory {
  constructor(key) {
    this.key = key;
  }

  load(otherwise) {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  save(value) {
    try {
      localStorage.setItem(this.key, JSON.stringify(value));
    } catch {
      // no storage, or it is full: the work is still in the page
    }
  }
}
