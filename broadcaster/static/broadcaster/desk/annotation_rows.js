// The annotations of the draft: a row for each, with the place that it points to and its text.

export class AnnotationRows {
  /** `places` has names by contest and id. `onChange()` is called when a row is added or removed. */
  constructor(list, contests, places, onChange) {
    Object.assign(this, { list, contests, places, onChange });
    this.isSeveral = Object.keys(contests).length > 1;
  }

  /** Return the annotations, [{contest, at, text}]. */
  read() {
    return [...this.list.children].map((row) => {
      const { contest, at } = row.dataset;
      return { contest, at, text: row.querySelector("input").value };
    });
  }

  write(annotations) {
    this.list.replaceChildren(...annotations.map((annotation) => this.#row(annotation)));
  }

  /** Add an empty annotation of a place, "contest/place", and move the focus to its text. */
  add(place) {
    const [contest, at] = place.split("/");
    const row = this.#row({ contest, at, text: "" });
    this.list.append(row);
    this.onChange();
    row.querySelector("input").focus();
  }

  #row({ contest = Object.keys(this.contests)[0], at = "", text }) {
    const row = document.getElementById("annotation-row").content.cloneNode(true).firstElementChild;
    const name = this.places[contest]?.[at] ?? "Whole map";
    const words = this.isSeveral ? `${contest}: ${name}` : name;
    Object.assign(row.dataset, { contest, at });
    row.querySelector("span").textContent = words;
    row.querySelector("input").value = text;
    row.querySelector("input").setAttribute("aria-label", `Annotation of ${words}`);
    const remove = row.querySelector("button");
    remove.setAttribute("aria-label", `Remove the annotation of ${words}`);
    remove.addEventListener("click", () => {
      row.remove();
      this.onChange();
    });
    return row;
  }
}
