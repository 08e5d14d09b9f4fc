// CSV tables, as domain/spreadsheet.py reads and writes them.

const FORMULA = ["=", "+", "-", "@", "\t", "\r"]; // how text begins that a spreadsheet would run

/** Return the rows of a CSV text as lists of cells. Commas, semicolons or tabs separate them. */
export function parse(text) {
  const first = text.trimStart().split("\n", 1)[0];
  const delimiter = [",", ";", "\t"].find((each) => first.includes(each)) ?? ",";
  const rows = [[]];
  let cell = "";
  let isQuoted = false;
  const end = () => {
    rows.at(-1).push(plain(cell.trim()));
    cell = "";
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[i + 1] === '"') cell += text[i++];
      else isQuoted = false;
    } else if (character === '"' && !cell) isQuoted = true;
    else if (character === delimiter) end();
    else if (character === "\n") {
      end();
      rows.push([]);
    } else if (character !== "\r") cell += character;
  }
  end();
  return rows.filter((row) => row.some(Boolean));
}

/** Return rows as CSV text. */
export function write(rows) {
  return rows.map((row) => `${row.map(encode).join(",")}\n`).join("");
}

function plain(cell) {
  return cell[0] === "'" && FORMULA.includes(cell[1]) ? cell.slice(1) : cell;
}

function encode(cell) {
  const safe = FORMULA.includes(cell[0]) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
