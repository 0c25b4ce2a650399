// The athlete's feedback, which stands without Dash.

import { Feedback } from "./feedback.mjs";
import { ShareButton } from "../share/share.mjs";

new Feedback(document.getElementById("feedback"));
const share = document.querySelector('[data-slot="share"]');
if (share) new ShareButton(share);
