// Shows a form's UTC times in the reader's time zone too. Every page works without this file.
(() => {
  "use strict";

  for (const input of document.querySelectorAll("input[data-utc]")) {
    const time = document.getElementById(input.dataset.utc);
    const show = () => {
      const at = new Date(`${input.value}Z`);
      time.parentElement.hidden = Number.isNaN(at.valueOf());
      if (time.parentElement.hidden) return;
      time.dateTime = at.toISOString();
      time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, {
        dateStyle: "medium", timeStyle: "short", hourCycle: "h23",
      }).format(at) + ` (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
    };
    input.addEventListener("input", show);
    show();
  }
})();
