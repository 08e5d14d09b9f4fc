// The question before an action that cannot be undone.

import { lengthOf } from "./draft.js";
import { isRecent } from "./recent_changes.js";

/**
 * Ask `question` in `dialog`. Resolves to null, or if the button labelled `yesLabel` was pressed to
 * the headline that was typed, "" if none was asked for.
 *
 * `more` may have `facts`, [{title, items}], which are listed; `headline`, {value, isRequired,
 * limit}: the dialog asks for one of at most so many characters, beginning with that value; and
 * `otherLabel`, that of a second choice, which resolves to "other".
 */
export function ask(dialog, question, yesLabel, { facts = [], headline, otherLabel = "" } = {}) {
  const part = (name) => dialog.querySelector(`[data-dialog="${name}"]`);
  const [yes, input] = [part("yes"), part("headline")];
  part("question").textContent = question;
  part("facts").replaceChildren(...facts.flatMap(({ title, items }) => list(title, items)));
  part("field").hidden = !headline;
  input.value = headline?.value ?? "";
  yes.textContent = yesLabel;
  part("other").textContent = otherLabel;
  part("other").hidden = !otherLabel;
  const check = () => {
    const length = lengthOf(input.value);
    const isTooLong = Boolean(headline) && length > headline.limit;
    part("length").textContent = isTooLong ? `${length} of ${headline.limit} characters` : "";
    yes.disabled = isTooLong || (Boolean(headline?.isRequired) && !length);
  };
  const askedAt = performance.now();
  let isTyped = false;
  input.oninput = () => {
    isTyped = true;
    check();
  };
  input.onkeydown = (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault(); // it would press the button that has the focus once the dialog is closed
    // The press that opened the dialog, held or doubled, is no answer.
    if (event.repeat || (!isTyped && isRecent(askedAt))) return;
    yes.click(); // a disabled one does nothing
  };
  check();
  return new Promise((resolve) => {
    dialog.returnValue = "no";
    // A second click at the place of the first, which opened the dialog, is no answer.
    const close = (answer) => (event) => event.detail < 2 && dialog.close(answer);
    yes.onclick = close("yes");
    part("other").onclick = close("other");
    part("no").onclick = () => dialog.close("no");
    const answers = { yes: () => input.value.trim(), other: () => "other" };
    const answer = () => resolve(answers[dialog.returnValue]?.() ?? null);
    dialog.addEventListener("close", answer, { once: true });
    dialog.showModal();
    (headline ? input : part("no")).focus();
    if (headline) input.select(); // what is typed replaces the present headline
  });
}

function list(title, items) {
  const heading = document.createElement("h3");
  heading.textContent = title;
  const entries = document.createElement("ul");
  const rows = items.map((text) => Object.assign(document.createElement("li"), { textContent: text }));
  entries.append(...rows);
  return [heading, entries];
}
