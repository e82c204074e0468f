// Runs before the first paint: a theme that was chosen by hand wins over the system's.
(() => {
  try {
    const chosen = localStorage.getItem("tastemaker.theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
})();
