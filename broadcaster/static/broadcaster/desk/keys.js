// Shortcuts: Shift and a key press the button that shows it. They can be switched off
// (WCAG 2.1.4), and are never heard while somebody types.

const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog";

const DOUBLE = 500; // milliseconds within which a second press of a key is one double press

let last = { key: null, at: -Infinity };

/** `buttons` has by key, as in event.key, the buttons it may press: the first that is there. */
export function listen(buttons, isOn) {
  document.addEventListener("keydown", (event) => {
    const { key, shiftKey, ctrlKey, altKey, metaKey, repeat, isComposing, target, timeStamp } = event;
    if (!isOn() || !shiftKey || ctrlKey || altKey || metaKey || isComposing) return;
    if (!buttons[key] || target.closest?.(TYPING)) return;
    event.preventDefault(); // Enter would press the button that has the focus as well
    if (repeat) return;
    const detail = key === last.key && timeStamp - last.at < DOUBLE ? 2 : 1;
    last = { key, at: timeStamp };
    const click = new MouseEvent("click", { detail, bubbles: true, cancelable: true });
    buttons[key].find((button) => button && !button.hidden)?.dispatchEvent(click);
  });
}
