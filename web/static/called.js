// Takes a called visitor to the site after a few seconds, announced and with a button that stops it; and
// shows the time left to come. What it needs outlives each swap of the fragment.
(() => {
  "use strict";

  const follow = document.getElementById("follow");
  if (!follow) return;

  let stays = "stays" in follow.dataset;
  let left_s;
  let goesOn;
  let behind_ms = 0; // this clock is behind the server's by this

  const number = follow.querySelector(".number");
  const isCalled = () => document.getElementById("place")?.dataset.state === "called";

  const stop = () => {
    clearTimeout(goesOn);
    goesOn = undefined;
    follow.hidden = true;
  };

  const countDown = () => {
    if (!isCalled()) return stop();
    if (left_s <= 0) return location.assign(follow.dataset.href);
    number.textContent = left_s;
    left_s -= 1;
    goesOn = setTimeout(countDown, 1000);
  };

  const begin = () => {
    if (stays || goesOn || !isCalled()) return;
    left_s = Number(follow.dataset.followS);
    number.textContent = left_s;
    follow.hidden = false;
    countDown();
  };

  follow.querySelector("button").addEventListener("click", () => {
    stays = true;
    stop();
    document.getElementById("turn")?.focus();
  });

  const asClock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const showLeft = () => {
    const left = document.querySelector("[data-left-until]");
    if (!left) return;
    if (left.dataset.now) behind_ms = Date.parse(left.dataset.now) - Date.now();
    delete left.dataset.now;
    const left_ms = Date.parse(left.dataset.leftUntil) - Date.now() - behind_ms;
    left.textContent = asClock(Math.max(0, Math.ceil(left_ms / 1000)));
  };

  begin();
  showLeft();
  setInterval(() => {
    begin();
    showLeft();
  }, 500);
})();
