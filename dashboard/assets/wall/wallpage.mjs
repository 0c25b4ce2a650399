// The wall of a team, which stands without Dash.

import { Wall } from "./wall.mjs";

new Wall(document.getElementById("wall"));
