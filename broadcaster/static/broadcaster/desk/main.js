// The console's entry point: connects the server, the desk and the buttons.

import { Actions } from "./actions.js";
import { setTimeZone } from "./clock.js";
import { Commands } from "./commands.js";
import { Connection } from "./connection.js";
import { CueActions } from "./cue_actions.js";
import { Desk } from "./desk.js";
import { LocalStore } from "./local_store.js";
import { listenForShortcuts } from "./shortcuts.js";

// A double press must not reach the button that takes this one's place, as Resume does Hold's.
const SINGLE_PRESS = ["undoView", "start", "hold", "resume", "end"];

const data = JSON.parse(document.getElementById("desk-data").textContent);
const { me, broadcast } = data;
setTimeZone(data.timeZone);
const root = document.getElementById("desk");

const desk = new Desk(
  root,
  data,
  (name, cue, argument) => cueActions.run(name, cue, argument),
  () => connection.reconnect(),
);
const connection = new Connection(
  me,
  root.querySelector("[name=csrfmiddlewaretoken]").value,
  (frame) => desk.handleFrame(frame, [...commands.pending]),
  (state) => desk.showConnection(state),
);
const unanswered = new LocalStore(`desk:${broadcast.slug}:${me}:unanswered`);
const commands = new Commands(connection, unanswered, desk.messages);
const cueActions = new CueActions(desk, commands);
const actions = new Actions(desk, commands, cueActions);

const button = (action) => root.querySelector(`[data-action="${action}"]`);
const approval = (name) => root.querySelector(`[data-approval="${name}"]`);
for (const element of root.querySelectorAll("[data-action]")) {
  const { action } = element.dataset;
  element.addEventListener("click", ({ detail, isTrusted }) => {
    if (isTrusted && detail > 0) element.blur(); // Space or Enter after a click is not meant for the button
    if (detail > 1 && SINGLE_PRESS.includes(action)) actions.ignoreSecondPress();
    else actions[action]();
  });
}
for (const screen of [desk.preview, desk.program]) {
  screen.element.addEventListener("click", ({ target }) => {
    const element = target.closest(".picture [data-unit]");
    if (element) desk.form?.add(`${screen.contestOf(element)}/${element.dataset.unit}`);
  });
}

const shortcutStore = new LocalStore(`desk:${me}:keys`);
const shortcutsOn = desk.part("shortcuts");
const showKeys = () => root.toggleAttribute("data-keys", shortcutsOn.checked);
shortcutsOn.checked = shortcutStore.load(true);
shortcutsOn.addEventListener("change", () => {
  shortcutStore.save(shortcutsOn.checked);
  showKeys();
});
showKeys();
root.querySelector(".desk-draft")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !data.may.take) return;
  event.preventDefault();
  if (!event.repeat && !event.isComposing) actions.takeDraft();
});
listenForShortcuts(
  {
    Enter: [button("take")],
    N: [button("next")],
    U: [button("undoView")],
    H: [button("hold"), button("resume")],
    L: [approval("look")],
    C: [approval("confirm")],
  },
  () => shortcutsOn.checked,
);

desk.part("whole-map").addEventListener("change", () => desk.show());
setInterval(() => desk.showTime(), 1000);
connection.connect();
root.querySelector(".desk-body").inert = false; // the page is inert until its buttons work
