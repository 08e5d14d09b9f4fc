// Before the first paint: with a delay, what the server rendered is ahead of this viewer's
// television, so page.css covers it until live.js has gone back. No module, since modules run only
// once the page has loaded.

const stored = Number(localStorage.getItem("delay"));
if (stored) document.documentElement.dataset.delay = stored;
