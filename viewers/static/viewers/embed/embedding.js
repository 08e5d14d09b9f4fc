// The page that gives the code for a frame: fetches code and preview again when a choice changes.

const form = document.querySelector("form");
const code = form.querySelector("textarea");
const frame = document.querySelector("iframe");
const copy = form.querySelector('[data-action="copy"]');
const copied = form.querySelector('[data-part="copied"]');

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", async () => {
  if (!form.reportValidity()) return;
  const query = new URLSearchParams(new FormData(form));
  const response = await fetch(`${form.action}?${query}`, { credentials: "omit" });
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const now = new URLSearchParams(new FormData(form));
  if (!response.ok || String(now) !== String(query)) return; // or a newer choice is on its way
  code.value = fresh.querySelector("textarea").value;
  const wanted = fresh.querySelector("iframe");
  frame.style.height = ""; // resize.js sets it, unless the height is fixed
  frame.toggleAttribute("data-fixed", wanted.hasAttribute("data-fixed"));
  for (const name of ["width", "height", "src"]) frame.setAttribute(name, wanted.getAttribute(name));
  form.height.placeholder = fresh.querySelector("[name=height]").placeholder;
  copied.textContent = "";
});

copy.hidden = !navigator.clipboard; // browsers have it on secure pages alone
copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(code.value);
    copied.textContent = copy.dataset.copied;
  } catch {
    code.select(); // the browser forbids copying: select the code, to be copied by hand
  }
});
