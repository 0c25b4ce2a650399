// The athlete's history: the measure and the kind of session are in the address; the server draws the rest.

import { AskedPage } from "../core/askedpage.mjs";

export class HistoryPage extends AskedPage {
  constructor(root) {
    // An address of before, with a name in it, gives way to this one.
    if (root.dataset.address && location.pathname !== root.dataset.address) {
      history.replaceState(history.state, "", `${root.dataset.address}${location.search}`);
    }
    super(root, "history-asked");
  }
}
