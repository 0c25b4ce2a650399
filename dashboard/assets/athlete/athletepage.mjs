// The athlete's page, which stands without Dash.

import { AthletePage } from "./athlete.mjs";

new AthletePage(document.getElementById("athlete"));
