// Makes the children of an element like those of another, changing only what differs: what stays the same keeps its
// focus, its place and what listens to it.

// Set by the page itself while a definition or a panel is open.
const OWN = ["aria-describedby", "open"];
const TEXT = 3;

export function patch(there, next) {
  const old = [...there.childNodes];
  const wanted = [...next.childNodes];
  wanted.forEach((node, i) => {
    if (!old[i]) there.append(node);
    else if (old[i].nodeName !== node.nodeName) old[i].replaceWith(node);
    else if (node.nodeType === TEXT) retext(old[i], node);
    else {
      redress(old[i], node);
      patch(old[i], node);
    }
  });
  for (const node of old.slice(wanted.length)) node.remove();
}

function retext(there, next) {
  if (there.data !== next.data) there.data = next.data;
}

function redress(there, next) {
  for (const { name } of [...there.attributes]) {
    if (!OWN.includes(name) && !next.hasAttribute(name)) there.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (there.getAttribute(name) !== value) there.setAttribute(name, value);
  }
}
