"use strict";
(() => {
  document.documentElement.classList.add("scripted");

  // Tables: a button in each head that sorts.
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const heads = [...[...table.tHead.rows].at(-1).cells];
    heads.forEach((head, column) => {
      const kind = head.dataset.sort;
      if (!kind) return;
      const button = document.createElement("button");
      button.textContent = head.textContent;
      button.type = "button";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const first = kind === "number" ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const direction = head.getAttribute("aria-sort") === first ? other : first;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", direction);
        const value = (row) => {
          const cell = row.cells[column];
          const text = cell && cell.dataset.value !== undefined ? cell.dataset.value : "";
          return kind === "number" ? (text === "" ? -Infinity : Number(text)) : text;
        };
        const sign = direction === "ascending" ? 1 : -1;
        const rows = [...body.rows].map((row) => [value(row), row]);
        rows.sort(([a], [b]) => (a < b ? -sign : a > b ? sign : 0));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  // On paper nothing can be opened.
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("main details:not(.long, .answer-card details)")) details.open = true;
  });
})();
