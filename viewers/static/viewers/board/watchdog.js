// Loads the board again if its script does not start, as when the server restarts while the page is
// loading. No module, since it is for the case that modules cannot be loaded.

const PATIENCE = 30_000; // milliseconds

const watch = setInterval(async () => {
  if ("started" in document.documentElement.dataset) return clearInterval(watch);
  try {
    const { ok } = await fetch(location.href, { cache: "no-store" });
    if (ok) location.reload(); // an error page would stay
  } catch {
    // The server does not answer yet.
  }
}, PATIENCE);
