// Elements from data. Whatever comes from the catalogue, the model or the user becomes a text node, never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An HTML element; attributes that begin with `on` are listeners, strings among the children become text. */
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

const PATHS = {
  up: "M7 11v9H4v-9zM7 11l4-8c1.6 0 2.5 1.2 2.3 2.7L12.8 9h5.6c1.3 0 2.2 1.2 1.9 2.4l-1.6 6.8c-.3 1-1.2 1.8-2.3 1.8H7",
  down: "M17 13V4h3v9zM17 13l-4 8c-1.6 0-2.5-1.2-2.3-2.7l.5-3.3H5.6c-1.3 0-2.2-1.2-1.9-2.4l1.6-6.8C5.6 4.8 6.5 4 7.6 4H17",
  close: "M6 6l12 12M18 6L6 18",
  more: "M4 7h10M4 12h7M4 17h7M17 12v8M13 16h8",
  skip: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM6 6l12 12",
};

/** A drawn sign that screen readers pass over. */
export const icon = (name) =>
  svg(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );

/** Keys that are unlikely to be made twice; `crypto.randomUUID` is missing on plain http. */
export function freshId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Storage that may be forbidden or full: reading gives null then, and writing does nothing. */
export function keep(storage) {
  const attempt = (what) => {
    try {
      return what(window[storage]);
    } catch {
      return null;
    }
  };
  return {
    get: (name) => attempt((store) => store.getItem(`tastemaker.${name}`)),
    set: (name, value) => attempt((store) => store.setItem(`tastemaker.${name}`, value)),
    drop: (name) => attempt((store) => store.removeItem(`tastemaker.${name}`)),
  };
}

export const lasting = keep("localStorage");
export const passing = keep("sessionStorage");
