// The console: wires the line to the server, the desk, and what people press.

import { Actions } from "./actions.js";
import { Commands } from "./commands.js";
import { Desk } from "./desk.js";
import { listen } from "./keys.js";
import { Link } from "./link.js";
import { Memory } from "./memory.js";

const SINGLE = ["undo", "start", "hold", "resume", "end"]; // Resume comes where Hold was
const FRAMES = ["snapshot", "updates", "rundown", "viewers"];

const data = JSON.parse(document.getElementById("desk-data").textContent);
const { me, broadcast } = data;
const root = document.getElementById("desk");

const desk = new Desk(
  root,
  data,
  (name, cue, more) => actions.inRow(name, cue, more),
  () => link.reconnect(),
);
const link = new Link(
  root.querySelector("[name=csrfmiddlewaretoken]").value,
  (frame) => FRAMES.includes(frame.t) && desk[frame.t](frame, commands.open > 0),
  (state) => desk.line(state),
);
const ticket = new Memory(`desk:${broadcast.slug}:${me}:ticket`);
const commands = new Commands(link, ticket, (words, bad) => desk.say(words, bad));
const actions = new Actions(desk, commands);

const does = (name) => root.querySelector(`[data-does="${name}"]`);
for (const button of root.querySelectorAll("[data-does]")) {
  const { does: name } = button.dataset;
  button.addEventListener("click", ({ detail }) => {
    actions[detail > 1 && SINGLE.includes(name) ? "again" : name]();
  });
}
for (const screen of [desk.preview, desk.program]) {
  screen.element.addEventListener("click", ({ target }) => {
    const unit = target.closest(".picture [data-unit]")?.dataset.unit;
    if (unit) desk.form?.add(unit);
  });
}

// Shortcuts

const keys = new Memory(`desk:${me}:keys`);
const keysOn = desk.part("keys");
const showKeys = () => root.toggleAttribute("data-keys", keysOn.checked);
keysOn.checked = keys.load(true);
keysOn.addEventListener("change", () => {
  keys.save(keysOn.checked);
  showKeys();
});
showKeys();
listen(
  {
    Enter: [does("take")],
    N: [does("next")],
    U: [does("undo")],
    H: [does("hold"), does("resume")],
  },
  () => keysOn.checked,
);

desk.part("whole").addEventListener("change", () => desk.show());
setInterval(() => desk.tick(), 1000);
link.connect();
root.querySelector(".desk-body").inert = false; // from here on whatever is pressed is heard
