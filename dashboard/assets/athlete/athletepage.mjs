// The athlete's page, which stands without Dash.

import { AthletePage } from "./athlete.mjs";
import { ShareButton } from "../share/share.mjs";

new AthletePage(document.getElementById("athlete"));
const share = document.querySelector('[data-slot="share"]');
if (share) new ShareButton(share);
