// Before the first paint: the theme chosen earlier, else the system's, so that nothing flashes.
(() => {
  const chosen = localStorage.getItem("mantine-color-scheme-value");
  const system = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.mantineColorScheme = chosen === "light" || chosen === "dark" ? chosen : system;
})();

// Paper is white: whatever the theme, a page is printed in the light one.
(() => {
  const root = document.documentElement;
  /** @type {?string} */
  let before = null;
  addEventListener("beforeprint", () => {
    before ??= root.dataset.mantineColorScheme ?? null;
    root.dataset.mantineColorScheme = "light";
  });
  addEventListener("afterprint", () => {
    if (before) root.dataset.mantineColorScheme = before;
    before = null;
  });
})();

// Figures made by the server are drawn for one theme: a Dash callback asks here which one is shown.
window.dash_clientside = Object.assign(window.dash_clientside ?? {}, {
  baro: { scheme: () => document.documentElement.dataset.mantineColorScheme },
});
