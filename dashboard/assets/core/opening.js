// Opens the dashboard by itself where somebody looks at the page of a one-time link: a page that a browser
// fetches ahead, or keeps in a tab that nobody has seen yet, must not use the link up.
"use strict";
(() => {
  const form = /** @type {HTMLFormElement} */ (document.querySelector("form[action='/login']"));
  let sent = false;

  function send() {
    if (sent || document.prerendering || document.visibilityState !== "visible") return;
    sent = true;
    form.submit();
  }

  document.addEventListener("visibilitychange", send);
  document.addEventListener("prerenderingchange", send);
  send();
})();
