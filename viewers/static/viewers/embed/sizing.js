// The frame's side of resize.js: tells the page around the frame how high the map is, if it asks.

let target = ""; // the origin that asked

/** Offer the height to the page around this frame. */
export function offerHeight() {
  if (parent === window) return;
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || data?.mapcenter !== "size") return;
    if (!target) new ResizeObserver(sendHeight).observe(document.body);
    target = origin === "null" ? "*" : origin; // a sandboxed page has no origin to name
    document.documentElement.dataset.sized = ""; // the map no longer fits itself to the frame
    sendHeight();
  });
  parent.postMessage({ mapcenter: "ready" }, "*"); // any page: it tells nothing else
}

function sendHeight() {
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  parent.postMessage({ mapcenter: "height", height }, target);
}
