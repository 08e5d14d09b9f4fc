// Messages to the person at the desk: the answer to the last command, and notifications of actions
// by others.

const NOTIFICATION_TIME = 5000; // milliseconds that a notification stays beside the next answer

export class Messages {
  /** `done` and `error` are elements whose text screen readers announce when it changes. */
  constructor(done, error) {
    this.elements = { done, error };
    this.answer = { text: "", isError: false };
    this.notifications = []; // {text, isError, at}
  }

  /** Show the outcome of a command. Notifications shown for a while are removed. */
  showAnswer(text, isError = false) {
    this.answer = { text, isError };
    const now = performance.now();
    this.notifications = this.notifications.filter(({ at }) => now - at < NOTIFICATION_TIME);
    this.#write();
  }

  /** Show notifications beside the last answer, so that neither hides the other. */
  notify(notifications) {
    if (!notifications.length) return;
    const at = performance.now();
    this.notifications = notifications.map(({ text, isError = false }) => ({ text, isError, at }));
    this.#write();
  }

  #write() {
    const messages = [this.answer, ...this.notifications].filter(({ text }) => text);
    const join = (some) => some.map(({ text }) => text).join(" ");
    this.elements.done.textContent = join(messages.filter(({ isError }) => !isError));
    this.elements.error.textContent = join(messages.filter(({ isError }) => isError));
  }
}
