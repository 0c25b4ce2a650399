// Text that is written anew many times a second: only where it differs, and into the node that is there, so that the
// browser has nothing to lay out again when nothing changed, and little when something did.

export function put(place, text) {
  const node = place.firstChild;
  if (node?.nodeType !== 3 || node.nextSibling) {
    if (place.textContent !== text) place.textContent = text;
  } else if (node.data !== text) node.data = text;
}
