// The form of a contest: makes editable tables of the parties and the races, which are CSV in the
// form. Without this script editors write the CSV.

import { parse, write } from "./csv.js";

const { problems, ...tables } = JSON.parse(document.getElementById("contest-tables").textContent);

const MAX_SIZE = 28; // characters of a field

class TableEditor {
  /** `source` is the textarea with the CSV, which follows what is edited. */
  constructor(source, { columns, choices = {} }, problems) {
    this.source = source;
    this.choices = choices;
    this.label = source.labels[0].textContent.replace(":", "");
    const [head = [], ...rows] = parse(source.value);
    this.columns = [...head, ...columns.filter((column) => !head.includes(column))];
    this.sizes = this.columns.map((column, i) =>
      Math.min(Math.max(4, ...rows.map((row) => row[i]?.length ?? 0)), MAX_SIZE),
    );
    this.body = document.createElement("tbody");
    for (const row of rows) this.body.append(this.row(row));
    for (const problem of problems) this.mark(problem);
    this.number();
    this.show();
  }

  show() {
    const head = document.createElement("tr");
    for (const name of ["row", ...this.columns, ""]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name.replace("_", " ");
      head.append(cell);
    }
    const table = document.createElement("table");
    table.setAttribute("aria-label", this.label);
    table.append(document.createElement("thead"), this.body);
    table.tHead.append(head);
    const frame = document.createElement("div");
    frame.className = "contest-table";
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", `${this.label}, table`);
    frame.append(table);
    const add = document.createElement("button");
    add.type = "button";
    add.textContent = "Add a row";
    add.addEventListener("click", () => {
      const row = this.row([]);
      this.body.append(row);
      this.number();
      row.querySelector("input").focus();
    });
    this.source.hidden = true;
    this.source.after(frame, add);
    this.body.addEventListener("input", ({ target }) => {
      if ("look" in target.dataset) target.dataset.look = target.value;
      this.save();
    });
    this.body.addEventListener("paste", (event) => this.paste(event));
    this.body.addEventListener("click", ({ target }) => {
      if (!target.matches("[data-remove]")) return;
      target.closest("tr").remove();
      this.number();
      this.save();
    });
  }

  row(values) {
    const row = document.createElement("tr");
    const number = document.createElement("th");
    number.scope = "row";
    row.append(number);
    this.columns.forEach((column, i) => {
      const cell = document.createElement("td");
      cell.dataset.column = column;
      cell.append(this.field(column, values[i] ?? "", this.sizes[i]));
      row.append(cell);
    });
    const remove = document.createElement("button");
    remove.type = "button";
    remove.dataset.remove = "";
    remove.textContent = "✕";
    row.append(document.createElement("td"));
    row.lastChild.append(remove);
    return row;
  }

  field(column, value, size) {
    const choices = this.choices[column];
    if (!choices) {
      const input = document.createElement("input");
      input.value = value;
      input.size = size;
      return input;
    }
    const menu = document.createElement("select");
    const known = choices.includes(value) ? choices : [value, ...choices];
    for (const choice of known) menu.append(new Option(choice || "–", choice));
    menu.value = value;
    if (column === "look") menu.dataset.look = value; // it has the colours of its look
    return menu;
  }

  /** Number the rows, and name their fields for screen readers. */
  number() {
    [...this.body.rows].forEach((row, i) => {
      row.cells[0].textContent = i + 1;
      for (const field of row.querySelectorAll("input, select")) {
        const { column } = field.parentNode.dataset;
        field.setAttribute("aria-label", `${column.replace("_", " ")}, row ${i + 1}`);
      }
      row.querySelector("[data-remove]").setAttribute("aria-label", `Remove row ${i + 1}`);
    });
  }

  mark({ row, column, problem }) {
    const cells = row ? [...this.body.rows[row - 1].cells] : [];
    const cell = cells.find(({ dataset }) => dataset.column === column) ?? cells[1];
    if (!cell) return;
    const field = cell.querySelector("input, select");
    field.setAttribute("aria-invalid", "true");
    field.title = problem;
  }

  /** Fill cells from the one with the caret on, if a table is pasted. */
  paste(event) {
    const rows = parse(event.clipboardData.getData("text"));
    if (rows.length < 2 && (rows[0]?.length ?? 0) < 2) return;
    event.preventDefault();
    const start = event.target.closest("td");
    const at = [...this.body.rows].indexOf(start.parentNode);
    rows.forEach((cells, i) => {
      if (!this.body.rows[at + i]) this.body.append(this.row([]));
      cells.forEach((value, j) => {
        const cell = this.body.rows[at + i].cells[start.cellIndex + j];
        const field = cell?.querySelector("input, select");
        if (field) field.value = value;
      });
    });
    this.number();
    this.save();
  }

  save() {
    const rows = [...this.body.rows].map((row) =>
      [...row.querySelectorAll("[data-column]")].map(({ firstChild }) => firstChild.value.trim()),
    );
    this.source.value = write([this.columns, ...rows.filter((row) => row.some(Boolean))]);
  }
}

for (const [name, options] of Object.entries(tables)) {
  const own = problems.filter(({ table }) => table === name);
  new TableEditor(document.getElementById(`id_${name}`), options, own);
}
