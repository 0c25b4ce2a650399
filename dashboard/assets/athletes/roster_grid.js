// Cells of the roster. AG Grid draws rows; what stands in a cell is text, never markup. A row that was not read yet has
// no data. A plain script in the head, as assets/sessions/grid.js.

{
  const h = (...given) => window.React.createElement(...given);
  const [WIDE, HIGH, PAD] = [116, 24, 4];
  const asked = new Map(); // athlete and measure → what the server makes of it, once for all cells that show it

  const REACH = 2.6; // MDCs on each side of the own baseline, so that rows compare

  // A line of dots over time: about the own baseline, else from its own least to its own largest value.
  function line(points, band) {
    const times = points.map(([at]) => at);
    const values = points.map(([, value]) => value);
    const spread = (list, size) => {
      const low = Math.min(...list);
      const reach = Math.max(...list) - low;
      return (value) => (reach ? PAD + ((value - low) / reach) * (size - 2 * PAD) : size / 2);
    };
    const x = spread(times, WIDE);
    const about = ([mean, mdc]) => (value) => HIGH / 2 + (Math.max(-1, Math.min(1, (value - mean) / mdc / REACH)) * (HIGH - 2 * PAD)) / 2;
    const y = band ? about(band) : spread(values, HIGH);
    return points.map(([at, value]) => [x(at), HIGH - y(value)]);
  }

  function spark({ points, said, band }) {
    const at = line(points, band);
    const half = (HIGH - 2 * PAD) / 2 / REACH;
    const [lastX, lastY] = at.at(-1);
    return h("svg", { className: "spark", width: WIDE, height: HIGH, viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": said },
      h("title", null, said),
      band && h("rect", { className: "band", x: 0, y: HIGH / 2 - half, width: WIDE, height: 2 * half }),
      at.length > 1 && h("polyline", { points: at.map((one) => one.map((n) => n.toFixed(1)).join(",")).join(" ") }),
      at.slice(0, -1).map(([x, y], i) => h("circle", { key: i, cx: x, cy: y, r: 1.5 })),
      h("rect", { x: lastX - 3, y: lastY - 3, width: 6, height: 6, transform: `rotate(45 ${lastX} ${lastY})` }));
  }

  function ask({ uid, measure }) {
    const address = `/athletes/${encodeURIComponent(uid)}/trend?measure=${encodeURIComponent(measure)}`;
    if (!asked.has(address)) {
      asked.set(address, fetch(address).then((answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      }).catch(() => {
        asked.delete(address);
        return { points: [], now: "–", said: "No answer. Sort the list, or open it again, to ask once more." };
      }));
    }
    return asked.get(address);
  }

  // What is known of a trend: at once where the row has it, else null until the server has made it.
  function useTrend(trend) {
    const [made, set] = window.React.useState(null);
    window.React.useEffect(() => {
      let here = true;
      if (trend && !trend.points) ask(trend).then((found) => here && set(found));
      return () => { here = false; };
    }, [trend?.uid, trend?.measure]);
    return trend?.points ? trend : made;
  }

  const unknown = (why) => h("span", { title: why, "aria-label": why, role: "img" }, "–");

  Object.assign(window.dashAgGridComponentFunctions, {
    AthleteCell: ({ data }) =>
      data && h("a", { href: data.path, className: "athlete-link", title: data.name }, h("b", null, data.name), data.short && h("code", null, data.short)),
    RosterTeamsCell: ({ data }) =>
      data && h("span", { title: data.teams.join(", ") }, data.teams.map((team) => h("span", { key: team, className: "chip" }, team))),
    ConsentCell: ({ data }) =>
      data && h("span", { className: data.consent.sign ? "sign" : "", title: data.consent.full },
        data.consent.sign && h("span", { className: "icon icon-warning", "aria-hidden": "true" }), data.consent.text),
    LastCell: ({ data }) =>
      data && h("span", { className: data.last.sign ? "sign" : "", title: data.last.full },
        data.last.sign && h("span", { className: "icon icon-warning", "aria-hidden": "true" }), data.last.date,
        h("span", { className: "muted" }, " ", data.last.more)),
    TrendCell: ({ data }) => {
      const trend = useTrend(data?.trend);
      if (!data) return null;
      if (!trend) return h("span", { className: "muted" }, "…");
      return trend.points.length ? spark(trend) : unknown(trend.said);
    },
    NowCell: ({ data }) => {
      const trend = useTrend(data?.trend);
      return data && h("b", null, trend?.now ?? "…");
    },
    ChangeCell: ({ data }) =>
      data && h("span", { title: data.change.why, className: "change" },
        h("span", { className: "flag", "data-state": data.change.state, "aria-hidden": "true" }), data.change.text,
        data.change.by && h("span", { className: "muted" }, " ", data.change.by)),
    LoadCell: ({ data }) => data && h("span", { title: data.load.full, "aria-label": data.load.full, role: "img" }, data.load.text),
  });
}
