// English or Chinese: the browser's language first, then what was chosen by hand.

import { lasting } from "./dom.js";
import { WORDS } from "./words.js";

const known = { ...WORDS };
let current = lasting.get("language") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

/** Words of one page only. */
export const addWords = (words) => Object.assign(known, words);

export const language = () => current;

/** The words of `name`, with what stands in braces filled in. */
export function t(name, values = {}) {
  const text = known[name]?.[current === "zh" ? 1 : 0] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

export const has = (name) => name in known;

/** Numbers as the language writes them. */
export const number = (value, options = {}) =>
  new Intl.NumberFormat(current === "zh" ? "zh-CN" : "en", options).format(value);

/** Write the words into everything below `root` that is marked with `data-t`, or `data-t-ATTRIBUTE`. */
function translate() {
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const [attribute, key] of [["aria-label", "tLabel"], ["placeholder", "tPlaceholder"]]) {
    const marked = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    for (const node of document.querySelectorAll(`[data-${marked}]`)) node.setAttribute(attribute, t(node.dataset[key]));
  }
}

export function useLanguage(chosen) {
  current = chosen;
  lasting.set("language", chosen);
  document.documentElement.lang = chosen === "zh" ? "zh-Hans" : "en";
  document.title = t(document.documentElement.dataset.page === "dashboard" ? "title.dashboard" : "title.chat");
  translate();
}
