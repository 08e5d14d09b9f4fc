// A question before something that cannot be taken back.

/** Ask in `dialog`; resolves to whether the answer is `yes`, the label of its button. */
export function ask(dialog, words, yes) {
  const part = (name) => dialog.querySelector(`[data-ask="${name}"]`);
  part("words").textContent = words;
  part("yes").textContent = yes;
  return new Promise((resolve) => {
    dialog.returnValue = "no";
    part("yes").onclick = () => dialog.close("yes");
    part("no").onclick = () => dialog.close("no");
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
    part("no").focus();
  });
}
