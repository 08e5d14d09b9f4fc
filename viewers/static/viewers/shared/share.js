// Shares a link by the system's share sheet, or copies it to the clipboard.

const COPIED_FOR = 3000; // milliseconds for which the link shows that it was copied

/** Share `link`. While copied it shows its data-copied; if sharing fails, the page goes there. */
export async function share(link) {
  const label = link.querySelector("[data-label]") ?? link;
  const words = (link.dataset.words ??= label.textContent); // it may still show data-copied
  try {
    if (navigator.share) return await navigator.share({ title: document.title, url: link.href });
    await navigator.clipboard.writeText(link.href);
    label.textContent = link.dataset.copied;
    link.toggleAttribute("data-done", true);
    setTimeout(() => {
      label.textContent = words;
      link.removeAttribute("data-done");
    }, COPIED_FOR);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(link.href); // its address can be copied there
  }
}
