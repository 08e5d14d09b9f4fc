// Reordering by drag. The ↑ and ↓ buttons and Alt with the arrow keys do the same without a mouse.

/**
 * Let the rows of `list` be dragged by the draggable element in each. Rows have their id in
 * data-id. `onMove(id, before)` gets the id of the row it was dropped before, or null for the end.
 */
export function makeSortable(list, onMove) {
  let dragged = null;
  let goal; // the row to go before; null: the end; undefined: nowhere yet

  const markGoal = () => {
    for (const row of list.children) row.toggleAttribute("data-goal", row === goal);
    list.toggleAttribute("data-goal", goal === null);
  };
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.id);
    event.dataTransfer.setDragImage(dragged, 0, 0);
    dragged.toggleAttribute("data-dragged", true);
  });
  list.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const row = event.target.closest("li");
    if (!row) return;
    const { top, height } = row.getBoundingClientRect();
    goal = event.clientY > top + height / 2 ? row.nextElementSibling : row;
    markGoal();
  });
  list.addEventListener("drop", (event) => {
    event.preventDefault();
    const unmoved = goal === undefined || goal === dragged || goal === dragged.nextElementSibling;
    if (!unmoved) onMove(Number(dragged.dataset.id), goal && Number(goal.dataset.id));
  });
  list.addEventListener("dragend", () => {
    dragged?.removeAttribute("data-dragged");
    dragged = null;
    goal = undefined;
    markGoal();
  });
}
