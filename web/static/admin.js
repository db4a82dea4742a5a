// Shows a form's times in the reader's time zone too, and the forecast of a sale. Every page works without this file.
(() => {
  "use strict";

  const FIELDS = {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hourCycle: "h23",
  };
  // What the site's clocks show at this instant, as if it were UTC.
  const asShown = (ms, timeZone) => {
    const parts = new Intl.DateTimeFormat("en-GB", { ...FIELDS, timeZone }).formatToParts(new Date(ms));
    const part = (type) => parts.find((one) => one.type === type).value;
    return Date.parse(`${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}Z`);
  };
  // The instant at which they show this local time; again from there, as the offset may change in between.
  const instant = (local, timeZone) => {
    const wanted = Date.parse(`${local}Z`);
    const near = wanted - (asShown(wanted, timeZone) - wanted);
    return wanted - (asShown(near, timeZone) - near);
  };
  document.addEventListener("htmx:afterSwap", () => window.waitroom?.showLocalTimes());
  // A tab that was signed out stops asking, and shows the sign-in page.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (/\sid="rooms"/.test(detail.serverResponse)) return;
    detail.shouldSwap = false;
    location.reload();
  });

  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  for (const input of document.querySelectorAll("input[data-here]")) {
    const { here, timeZone } = input.dataset;
    const time = document.getElementById(here);
    const show = () => {
      const isTime = !Number.isNaN(Date.parse(`${input.value}Z`));
      time.parentElement.hidden = !isTime || ownZone === timeZone;
      if (time.parentElement.hidden) return;
      const at = new Date(instant(input.value, timeZone));
      time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" }).format(at)
        + ` (${ownZone})`;
    };
    input.addEventListener("input", show);
    show();
  }

  // The forecast follows what is typed; the last answer asked for wins.
  const NAMES = ["people", "total_count", "rate_per_s", "size_max"];
  const inputs = NAMES.map((name) => document.querySelector(`form [name="${name}"]`)).filter(Boolean);
  const REST_MS = 250;
  let timer;
  let asked;
  const forecast = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const query = new URLSearchParams(inputs.map((one) => [one.name, one.value]));
      const answer = await fetch(`/admin/forecast?${query}`, { signal: asked.signal });
      if (!answer.ok || answer.redirected) return;
      const made = document.createElement("template");
      made.innerHTML = await answer.text();
      const sentence = made.content.querySelector("#forecast");
      if (sentence) document.getElementById("forecast").textContent = sentence.textContent;
    } catch {
      // The network is away, or a newer question was asked: the button shows the forecast, too.
    }
  };
  if (document.getElementById("forecast")) {
    for (const input of inputs) {
      input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(forecast, REST_MS);
      });
    }
  }
})();
