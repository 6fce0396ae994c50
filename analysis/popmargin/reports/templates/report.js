
"use strict";
// Headings become buttons that sort their table, long tables get a filter; the page is complete
// without them.
const LONG_TABLE = 10;
// Where the contents stand above the page and not beside it, the answer comes first.
if (matchMedia("(max-width: 60rem)").matches) {
  const contents = document.querySelector("nav details");
  if (contents) contents.open = false;
}
for (const table of document.querySelectorAll("main .scroll > table:not(.answers)")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const numeric = heading.classList.contains("number");
      const key = (row) => {
        const cell = row.cells[index];
        return numeric ? parseFloat(cell.dataset.sort ?? "NaN") : cell.textContent;
      };
      const order = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (!numeric) return x.localeCompare(y) * (down ? -1 : 1);
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
        return (x - y) * (down ? -1 : 1);
      };
      body.append(...[...body.rows].sort(order));
    });
  });
  if (body.rows.length < LONG_TABLE) continue;
  const label = document.createElement("label"), filter = document.createElement("input");
  const count = document.createElement("output");
  label.className = "filter";
  filter.type = "search";
  label.append("Show rows with ", filter, " ", count);
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = words.length === 0 ? "" : `${shown} of ${body.rows.length} rows`;
  });
  table.parentElement.before(label);
}
