// Hands a link over: to the system's share sheet, or to the clipboard.

const SHOWN = 3000; // milliseconds that the link says so

/** Share `link`, whose data-copied says what to tell when it was copied; go there if all fails. */
export async function share(link) {
  const words = (link.dataset.words ??= link.textContent); // it may say “copied” as yet
  try {
    if (navigator.share) return await navigator.share({ title: document.title, url: link.href });
    await navigator.clipboard.writeText(link.href);
    link.textContent = link.dataset.copied;
    setTimeout(() => (link.textContent = words), SHOWN);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(link.href); // where it can be copied
  }
}
