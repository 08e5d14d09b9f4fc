// Before the first paint: under a delay what the server rendered is ahead of this viewer's television,
// and page.css covers it until live.js has gone back. No module, since modules wait for the page.

const stored = Number(localStorage.getItem("delay"));
if (stored) document.documentElement.dataset.delay = stored;
