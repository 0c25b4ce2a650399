// The athlete's history: the measure and the kind of session are in the address; the server draws the rest.

import { AskedPage } from "../core/askedpage.mjs";

export class HistoryPage extends AskedPage {
  constructor(root) {
    super(root, "history-asked");
  }
}
