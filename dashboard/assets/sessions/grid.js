// Cells and heads of the list of sessions. AG Grid draws rows; what stands in a cell is text, never markup.
// A plain script in the head, so that AG Grid finds them however late the modules come: it looks once.

{
  const h = (...given) => window.React.createElement(...given);
  const go = (search) => window.dash_clientside.set_props("address", { search });

  window.dashAgGridComponentFunctions = {
    SessionCell: ({ data }) =>
      h("a", { href: data.path, className: "session-link", title: [data.athlete, data.name].filter(Boolean).join(", ") }, h("b", null, data.athlete), data.name && h("code", null, data.name),
        data.live && h("span", { className: "chip now" }, "live")),
    TagsCell: ({ data }) =>
      data.tags.map((tag) =>
        h("button", { key: tag, type: "button", className: "chip", title: `Only ${tag}`, onClick: () => go(`?tag=${encodeURIComponent(tag)}`) }, tag)),
    EditCell: ({ data }) =>
      h("button", { type: "button", className: "edit", "aria-label": `Edit or erase ${data.athlete}`,
        "data-ask": "edit", "data-workouts": data.id }, "···"),
    // An image that is not to be had leaves its dark ground.
    ThumbCell: ({ data }) => data.thumb && h("img", { src: data.thumb, alt: "", loading: "lazy", width: 38, height: 30 }),
    SortHead: ({ title, search, order }) =>
      h("button", { type: "button", className: "sort", "data-order": order, onClick: () => go(search || "?") },
        title, order === "none" ? "" : order === "descending" ? " ↓" : " ↑"),
  };
}
