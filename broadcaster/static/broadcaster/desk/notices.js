// Messages to the person at the desk: the answer to the last command, and notifications of actions
// by others.

const NOTIFICATION_TIME = 5000; // milliseconds that a notification stays beside later messages
const ANSWER_TIME = 20_000; // milliseconds that an answer stays
const ERROR_TIME = 60_000;

export const PENDING = "…"; // the answer until there is one

export class Messages {
  /** `done` and `error` are elements whose text screen readers announce when it changes. */
  constructor(done, error) {
    this.elements = { done, error };
    this.answer = { text: "", isError: false, at: 0 };
    this.notifications = []; // {text, isError, cue, at}
  }

  /**
   * Show the outcome of a command. `about` may have `seq`, the update that it put on air, or `cue`,
   * the id of the one that waits: the answer is amber. Notifications shown for a while are removed.
   */
  showAnswer(text, isError = false, about = {}) {
    const at = performance.now();
    this.answer = { text, isError, at, ...about };
    this.notifications = this.#newNotifications(at);
    this.#write();
  }

  /**
   * End messages that are too old to be about now, and an answer that says of an earlier update
   * that it is on air. `seq` is the update on air.
   */
  endStale(seq) {
    const now = performance.now();
    const { answer, notifications } = this;
    const isOver = answer.seq < seq;
    const time = answer.isError ? ERROR_TIME : isOver ? NOTIFICATION_TIME : ANSWER_TIME;
    const hasAnswer = answer.text && answer.text !== PENDING;
    const isStale = hasAnswer && now - answer.at > time;
    const left = notifications.filter(({ at }) => now - at < ERROR_TIME);
    if (!isStale && left.length === notifications.length) return;
    if (isStale) this.#endAnswer();
    this.notifications = left;
    this.#write();
  }

  /** End what was said about these cues, by their ids: it is no longer so. */
  endAbout(cues) {
    const isOver = ({ cue }) => cues.includes(cue);
    if (![this.answer, ...this.notifications].some(isOver)) return;
    if (isOver(this.answer)) this.#endAnswer();
    this.notifications = this.notifications.filter((each) => !isOver(each));
    this.#write();
  }

  #endAnswer() {
    this.answer = { text: "", isError: false, at: performance.now() };
  }

  /** Show notifications beside the last answer and those that are new, so that none hides another. */
  notify(notifications) {
    if (!notifications.length) return;
    const at = performance.now();
    const more = notifications.map(({ text, isError = false, id: cue }) => ({ text, isError, cue, at }));
    this.notifications = [...this.#newNotifications(at), ...more];
    this.#write();
  }

  #newNotifications(now) {
    return this.notifications.filter(({ at }) => now - at < NOTIFICATION_TIME);
  }

  #write() {
    const messages = [this.answer, ...this.notifications].filter(({ text }) => text);
    const join = (some) => some.map(({ text }) => text).join(" ");
    this.elements.done.toggleAttribute("data-waiting", this.answer.cue !== undefined);
    this.elements.done.textContent = join(messages.filter(({ isError }) => !isError));
    this.elements.error.textContent = join(messages.filter(({ isError }) => isError));
  }
}
