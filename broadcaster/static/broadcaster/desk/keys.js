// Shortcuts: Shift and a key press the button that shows it. They can be switched off
// (WCAG 2.1.4), and are never heard while somebody types.

const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog";

/** `buttons` has by key, as in event.key, the buttons it may press: the first that is there. */
export function listen(buttons, isOn) {
  document.addEventListener("keydown", (event) => {
    const { key, shiftKey, ctrlKey, altKey, metaKey, repeat, isComposing, target } = event;
    if (!isOn() || !shiftKey || ctrlKey || altKey || metaKey || isComposing) return;
    if (!buttons[key] || target.closest?.(TYPING)) return;
    event.preventDefault(); // Enter would press the button that has the focus as well
    if (!repeat) buttons[key].find((button) => button && !button.hidden)?.click();
  });
}
