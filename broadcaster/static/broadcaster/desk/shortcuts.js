// Keyboard shortcuts: Shift and a key press the button that shows the key. They can be switched
// off (WCAG 2.1.4) and do nothing while somebody types.

const TYPING =
  "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog";
const DOUBLE_PRESS = 500; // milliseconds within which two presses of a key count as a double press

let last = { key: null, at: -Infinity };

/** `buttons` lists by key, as in event.key, the buttons it may press: the first visible one. */
export function listenForShortcuts(buttons, isEnabled) {
  document.addEventListener("keydown", (event) => {
    const { key, repeat, target, timeStamp } = event;
    const otherModifier = event.ctrlKey || event.altKey || event.metaKey;
    if (!isEnabled() || !event.shiftKey || otherModifier || event.isComposing) return;
    if (!buttons[key] || target.closest?.(TYPING)) return;
    event.preventDefault(); // Enter would also press the focused button
    if (repeat) return;
    const detail = key === last.key && timeStamp - last.at < DOUBLE_PRESS ? 2 : 1;
    last = { key, at: timeStamp };
    const click = new MouseEvent("click", { detail, bubbles: true, cancelable: true });
    buttons[key].find((button) => button && !button.closest("[hidden]"))?.dispatchEvent(click);
  });
}
