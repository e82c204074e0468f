// What both pages have: language and theme switches, and the question for a key.

import { useKeys } from "./api.js";
import { byId, lasting } from "./dom.js";
import { language, t, useLanguage } from "./language.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

function showTheme() {
  const button = byId("theme");
  const name = t(isDark() ? "theme.light" : "theme.dark");
  button.setAttribute("aria-label", name);
  button.title = name;
}

/** Resolves to the key that was typed, or to null. */
function askForKey(again) {
  const dialog = byId("key");
  const input = byId("key-input");
  byId("key-text").textContent = t(again ? "key.again" : "key.text");
  input.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "use" ? input.value.trim() : null), {
      once: true,
    });
  });
}

/** Set the page up; `redraw` is called after the language was changed. */
export function begin(redraw) {
  useKeys(askForKey);
  byId("key-cancel").addEventListener("click", () => byId("key").close());
  useLanguage(language());
  showTheme();
  byId("theme").addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    lasting.set("theme", next);
    showTheme();
  });
  dark.addEventListener("change", showTheme);
  byId("language").addEventListener("click", () => {
    useLanguage(language() === "zh" ? "en" : "zh");
    showTheme();
    redraw();
  });
}
