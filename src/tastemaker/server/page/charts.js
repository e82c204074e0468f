// Figures drawn as SVG: shapes only, with their words for screen readers; the exact numbers stand in a table beside.

import { el, svg } from "./dom.js";
import { t } from "./language.js";

export const LEAST_COLUMNS = 7; // fewer stand at the left
const WIDTH = 320; // of the drawing's own units; CSS stretches it

const drawing = (height, label, ...shapes) =>
  svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "drawing", role: "img", "aria-label": label }, ...shapes);

/** A value with its interval on a scale from `low` to `high`; an interval is a bar, the value a line through it. */
export function interval(value, ci, low, high, label) {
  const at = (x) => 4 + ((WIDTH - 8) * (Math.min(high, Math.max(low, x)) - low)) / (high - low);
  const ends = [low, (low + high) / 2, high].map((x) =>
    svg("line", { class: "tick", x1: at(x), x2: at(x), y1: 18, y2: 24 }),
  );
  return drawing(
    28,
    label,
    svg("line", { class: "axis", x1: 4, x2: WIDTH - 4, y1: 21, y2: 21 }),
    ...ends,
    ci ? svg("rect", { class: "span", x: at(ci[0]), width: Math.max(2, at(ci[1]) - at(ci[0])), y: 5, height: 10, rx: 5 }) : "",
    svg("line", { class: "mark", x1: at(value), x2: at(value), y1: 1, y2: 19 }),
  );
}

/** Columns side by side, each with a part of it filled: `rows` are `{whole, part}`. */
export function columns(rows, label) {
  const height = 110;
  const most = Math.max(...rows.map((row) => row.whole), 1);
  const step = WIDTH / Math.max(rows.length, LEAST_COLUMNS);
  const shapes = rows.flatMap((row, n) =>
    Object.entries(row).map(([name, value]) => {
      const tall = (value / most) * (height - 4);
      return svg("rect", { class: name, x: (n + 0.12) * step, width: 0.76 * step, y: height - 1 - tall, height: tall });
    }),
  );
  const ground = svg("line", { class: "axis", x1: 0, x2: WIDTH, y1: height - 0.5, y2: height - 0.5 });
  return stretched(drawing(height, label, ...shapes, ground));
}

/** As wide as there is room, at the height that the style gives. */
function stretched(shape) {
  shape.classList.add("stretched");
  shape.setAttribute("preserveAspectRatio", "none");
  return shape;
}

/** A bar of its share of `most`. */
export function bar(value, most, label) {
  const shape = drawing(
    6,
    label,
    svg("rect", { class: "whole", x: 0, width: WIDTH, y: 0, height: 6 }),
    svg("rect", { class: "part", x: 0, width: Math.max(2, (WIDTH * value) / Math.max(most, 1e-9)), y: 0, height: 6 }),
  );
  return stretched(shape);
}

/** The same numbers as a table, folded away. */
export function table(caption, heads, rows) {
  return el(
    "details",
    { class: "as-table" },
    el("summary", { "aria-label": t("board.table.of", { c: caption }) }, t("board.table")),
    el(
      "div",
      { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
      el(
        "table",
        {},
        el("caption", { class: "hidden" }, caption),
        el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
        el(
          "tbody",
          {},
          rows.map(([head, ...cells]) =>
            el("tr", {}, el("th", { scope: "row" }, head), cells.map((cell) => el("td", {}, cell))),
          ),
        ),
      ),
    ),
  );
}
