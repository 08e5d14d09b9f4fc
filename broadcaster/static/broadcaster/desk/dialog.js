// The question before an action that cannot be undone.

/** Ask `question` in `dialog`. Resolves to whether the button labelled `yesLabel` was pressed. */
export function askYesOrNo(dialog, question, yesLabel) {
  const part = (name) => dialog.querySelector(`[data-dialog="${name}"]`);
  part("question").textContent = question;
  part("yes").textContent = yesLabel;
  return new Promise((resolve) => {
    dialog.returnValue = "no";
    part("yes").onclick = () => dialog.close("yes");
    part("no").onclick = () => dialog.close("no");
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
    part("no").focus();
  });
}
