// What an athlete's page shows, in its address: the big quantity with its target, and the second number with its own.

export const MAIN = ["balance", "cadence", "contact", "force", "sway"];
export const SECOND = ["none", ...MAIN];
export const WORDS = {
  none: "Nothing",
  balance: "Balance, left and right %",
  cadence: "Cadence, steps/min",
  contact: "Contact time, ms",
  force: "Peak force, N",
  sway: "Sway, mm/s",
};
export const TARGETS = {
  balance: [47, 53],
  cadence: [105, 112],
  contact: [600, 700],
  force: [600, 900],
  sway: [0, 25],
};

/** The search string for what a form says; a target that is as usual is left out. */
export function athleteQuery({ main, low, high, second, second_low: low2, second_high: high2 }) {
  const parts = [["main", main], ["low", low], ["high", high], ["second", second], ["second_low", low2], ["second_high", high2]];
  return parts.filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

/** {main, target, second, secondTarget} that a search string asks for; nonsense is passed over. */
export function athleteView(search) {
  const given = new URLSearchParams(search);
  const one = (name, known, usual) => (known.includes(given.get(name)) ? given.get(name) : usual);
  const main = one("main", MAIN, "balance");
  const second = one("second", SECOND, main === "cadence" ? "none" : "cadence");
  return {
    main,
    target: targetOf(given, "low", "high", main),
    second: second === main ? "none" : second,
    secondTarget: targetOf(given, "second_low", "second_high", second),
  };
}

function targetOf(given, lowName, highName, quantity) {
  const usual = TARGETS[quantity] ?? [0, 1];
  const [low, high] = [lowName, highName].map((name, i) => (given.get(name) ? Number(given.get(name)) : usual[i]));
  return Number.isFinite(low) && Number.isFinite(high) && low < high ? [low, high] : usual;
}
