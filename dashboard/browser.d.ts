// What the pages' scripts find on the window besides the browser's own: what Dash puts there, and what our scripts
// that run before Dash leave for the modules. Read by the type checker alone.

interface Window {
  /** Dash's way for other scripts to set a component's properties. Absent until Dash runs. */
  dash_clientside?: any;
  /** AG Grid's instances, by the id of their component. */
  dash_ag_grid?: any;
  dashAgGridComponentFunctions?: any;
  React?: any;
  barographReach?: any;
  barographRemembered?: any;
}

interface Document {
  /** True while a browser renders the page ahead; browsers without prerendering lack it. */
  readonly prerendering?: boolean;
}
