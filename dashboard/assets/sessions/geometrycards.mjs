// Which geometry the cells of a file have: a card for each with its picture both ways round and what it brings, made by the
// server (dashboard/sessions/questions.py), which escapes its texts. None is chosen before; that nobody knows is an answer.

const UNKNOWN = {
  name: "unknown", title: "Not known", picture: "",
  says: "stored without places; a geometry can be chosen on the session’s page",
};

/** A card for each of the choices; `chosen` is what was answered before. */
export function geometryCards(choices, chosen = "") {
  const cards = [...choices, UNKNOWN].map(({ name, title, says, picture }) => `<label class="import-card import-geometry">
    <input type="radio" name="geometry" value="${name}" required ${name === chosen ? "checked" : ""}>
    <b>${title}</b>${picture}<span>${says}</span></label>`);
  return `<fieldset class="import-cards"><legend>Which sensor is it? <small>these have as many cells</small></legend>${cards.join("")}</fieldset>`;
}
