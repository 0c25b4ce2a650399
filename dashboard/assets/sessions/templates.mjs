// Maps of texts that were kept for the next file of their kind, in this browser: at most so many, the oldest go.

const KEY = "barograph.import-maps";
const MOST = 20;

/** @param {Storage} [store] */
export function templates(store = localStorage) {
  try {
    const found = JSON.parse(store.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => one && typeof one.kind === "string" && typeof one.toml === "string") : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** The map that was kept for a kind of file, if one was. */
export function templateFor(kind, store = localStorage) {
  return templates(store).find((one) => one.kind === kind);
}

/** Keeps a map under the name that a person gave it, in place of an earlier one of its kind. */
export function keepTemplate(one, store = localStorage) {
  store.setItem(KEY, JSON.stringify([one, ...templates(store).filter(({ kind }) => kind !== one.kind)].slice(0, MOST)));
}
