// Changes at the desk that are too recent to have been seen. A press that was meant for the state
// before must do nothing: it would take, move or undo something unseen.

const NOTICE_TIME = 1000; // milliseconds that people need to see a change, or to double-press

/** Return whether `at`, from performance.now(), was less than NOTICE_TIME ago. */
export function isRecent(at) {
  return performance.now() - at < NOTICE_TIME;
}

export class RecentChanges {
  constructor() {
    this.view = -Infinity; // when another desk last changed the view
    this.phase = -Infinity; // when another desk last changed the phase
    this.cues = new Map(); // id -> when its row last changed or moved unasked, or the banner got it
    this.preview = null; // {at, text, isError}: a change of Preview that was not made by hand here
  }

  /** Note an update that another desk published. */
  addUpdate({ kind, view }) {
    if (view) this.view = performance.now();
    if (kind !== "update" && kind !== "correct") this.phase = performance.now();
  }

  addCues(ids) {
    for (const id of ids) this.cues.set(id, performance.now());
  }

  /** Note a change of Preview. `text` is the answer to TAKE until the change can be seen. */
  addPreview(text, isError = false) {
    this.preview = { at: performance.now(), text, isError };
  }

  /** Forget it: the person at the desk chose what is in Preview. */
  clearPreview() {
    this.preview = null;
  }

  isCueRecent(id) {
    return isRecent(this.cues.get(id) ?? -Infinity);
  }

  /** Return {text, isError}, the answer to TAKE, if Preview changed recently, else null. */
  get unseenPreview() {
    return this.preview && isRecent(this.preview.at) ? this.preview : null;
  }
}
