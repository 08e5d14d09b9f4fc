// For the page around the map: gives each frame of ours the height of its content. Its address has
// no hash of its content, since other people's pages have it, so what it sends and receives stays:
//
//   from the frame  {mapcenter: "ready"}, {mapcenter: "height", height: CSS pixels}
//   to the frame    {mapcenter: "size"}: send your height, now and whenever it changes

(() => {
  const { origin } = new URL(document.currentScript.src);
  const MAX_HEIGHT = 20_000; // CSS pixels

  const frames = () => [...document.querySelectorAll("iframe[src]:not([data-fixed])")].filter(isOurs);
  const isOurs = ({ src }) => URL.canParse(src) && new URL(src).origin === origin;

  /** The origin that a frame's messages have. One that may have none is known by its window alone. */
  const originOf = ({ sandbox }) =>
    sandbox.length && !sandbox.contains("allow-same-origin") ? "null" : origin;

  // To any origin: a frame that is still loading has another one, and the message tells nothing.
  const ask = (frame) => frame.contentWindow.postMessage({ mapcenter: "size" }, "*");

  addEventListener("message", (event) => {
    const frame = frames().find(({ contentWindow }) => contentWindow === event.source);
    if (!frame || event.origin !== originOf(frame)) return;
    const { mapcenter, height } = event.data ?? {};
    if (mapcenter === "ready") ask(frame);
    else if (mapcenter === "height" && height > 0 && height < MAX_HEIGHT) {
      frame.style.height = `${Math.ceil(height)}px`;
    }
  });
  frames().forEach(ask); // those that were ready before this script
})();
