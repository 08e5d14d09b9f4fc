// A short tone when a take waits for this person's approval, if they have asked for it.

const NOTES = [660, 880]; // Hz, one after the other
const NOTE_LENGTH = 0.16; // seconds
const VOLUME = 0.2; // of 1

export class ApprovalSound {
  /** `checkbox` switches the sound on; `store` is the LocalStore that remembers it. */
  constructor(checkbox, store) {
    this.checkbox = checkbox;
    this.context = null; // browsers play sound only after a click or a key press on the page
    checkbox.checked = store.load(false);
    checkbox.addEventListener("change", () => {
      store.save(checkbox.checked);
      this.#unlock();
      this.play(); // an example, for the person who has just switched it on
    });
    for (const gesture of ["click", "keydown"]) {
      document.addEventListener(gesture, () => this.#unlock(), true);
    }
  }

  #unlock() {
    if (!this.checkbox.checked) return;
    this.context ??= new AudioContext();
    if (this.context.state !== "running") this.context.resume();
  }

  play() {
    const { context } = this;
    if (!context || !this.checkbox.checked) return;
    for (const [index, frequency] of NOTES.entries()) {
      const start = context.currentTime + index * NOTE_LENGTH;
      const note = new OscillatorNode(context, { frequency });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.setTargetAtTime(VOLUME, start, 0.01); // not at once, which would crackle
      volume.gain.setTargetAtTime(0, start + 0.6 * NOTE_LENGTH, 0.02);
      note.connect(volume).connect(context.destination);
      note.start(start);
      note.stop(start + 1.5 * NOTE_LENGTH);
    }
  }
}
