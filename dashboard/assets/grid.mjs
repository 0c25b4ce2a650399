// Cells and heads of the list of sessions. AG Grid draws rows; what stands in a cell is text, never markup.

const h = (...given) => window.React.createElement(...given);
const go = (search) => window.dash_clientside.set_props("address", { search });

window.dashAgGridComponentFunctions = {
  SessionCell: ({ data }) =>
    h("a", { href: data.path, className: "session-link" }, h("b", null, data.athlete), data.name && h("code", null, data.name),
      data.live && h("span", { className: "chip live" }, "live")),
  TagsCell: ({ data }) =>
    data.tags.map((tag) =>
      h("button", { key: tag, type: "button", className: "chip", title: `Only ${tag}`, onClick: () => go(`?tag=${encodeURIComponent(tag)}`) }, tag)),
  EditCell: ({ data }) =>
    h("button", { type: "button", className: "edit", "aria-label": `Edit or erase ${data.athlete}`,
      onClick: () => window.dash_clientside.set_props("home-edit", { data: { workout: data.id, at: Date.now() } }) }, "···"),
  SortHead: ({ title, search, order }) =>
    h("button", { type: "button", className: "sort", "data-order": order, onClick: () => go(search || "?") },
      title, order === "none" ? "" : order === "descending" ? " ↓" : " ↑"),
};

const TYPING = "input, select, textarea, [contenteditable]";
const WAIT_MS = 300;
let timer = 0;

document.addEventListener("input", (event) => {
  if (event.target.id !== "home-find") return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const fields = new URLSearchParams(location.search);
    fields.delete("page");
    if (event.target.value) fields.set("text", event.target.value);
    else fields.delete("text");
    go(fields.size ? `?${fields}` : "");
  }, WAIT_MS);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return;
  const field = document.getElementById("home-find");
  if (event.key !== "/" || !field) return;
  event.preventDefault();
  field.focus();
});
