// Notifies a member in another tab or window that it is their turn, by a notification and a sound, each
// only if they switched it on.
(() => {
  "use strict";

  const { byId } = window.waitroom;
  const box = document.querySelector(".turn");
  if (!box) return;
  const tell = byId("tell");
  const sound = byId("sound");

  // The browser may forbid storage.
  const kept = (name) => {
    try {
      return localStorage.getItem(name) === "1";
    } catch {
      return false;
    }
  };
  const keep = (name, on) => {
    try {
      localStorage.setItem(name, on ? "1" : "0");
    } catch {
      // not stored: the page will ask again
    }
  };

  // --- the notification ---

  let worker;
  const hire = () => {
    if (!navigator.serviceWorker) return;
    worker = navigator.serviceWorker.register(box.dataset.worker).catch(() => undefined);
  };
  const showTelling = () => {
    const { permission } = Notification;
    const on = permission === "granted" && kept("tell");
    tell.hidden = on || permission === "denied";
    byId("told").hidden = !on;
    byId("untold").hidden = permission !== "denied";
    if (on && !worker) hire();
  };
  const notify = async (title) => {
    if (!window.Notification || Notification.permission !== "granted" || !kept("tell")) return;
    const about = { body: box.dataset.body, tag: "turn", data: location.href, lang: document.documentElement.lang };
    try {
      new Notification(title, about).addEventListener("click", () => window.focus());
    } catch {
      const hired = await worker; // phones require a service worker
      if (hired) hired.showNotification(title, about);
    }
  };
  if (window.Notification) {
    box.hidden = false;
    showTelling();
    tell.addEventListener("click", async () => {
      keep("tell", (await Notification.requestPermission()) === "granted");
      const hadFocus = document.activeElement === tell;
      showTelling();
      if (hadFocus && tell.hidden) sound.focus();
    });
  }

  // --- the sound: two synthesized notes; browsers allow sound only after the reader touched the page ---

  let audio;
  const wake = () => {
    if (!sound.checked) return;
    audio = audio || new AudioContext();
    audio.resume();
  };
  const ring = () => {
    if (!sound.checked || !audio) return;
    [659, 880].forEach((pitch, at) => {
      const starts = audio.currentTime + at * 0.18;
      const note = audio.createOscillator(), loud = audio.createGain();
      note.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, starts);
      loud.gain.exponentialRampToValueAtTime(0.25, starts + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, starts + 0.5);
      note.connect(loud).connect(audio.destination);
      note.start(starts);
      note.stop(starts + 0.55);
    });
  };
  if (window.AudioContext) {
    box.hidden = false;
    sound.closest("label").hidden = false;
    sound.checked = kept("sound");
    sound.addEventListener("change", () => {
      keep("sound", sound.checked);
      wake();
      ring();
    });
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { once: true });
  }

  // A hidden tab keeps its stream only if the member switched notifications on.
  window.waitroom.tellsTurn = () => Boolean(
    (window.Notification && Notification.permission === "granted" && kept("tell")) || (sound.checked && audio),
  );

  let rang = false;
  document.addEventListener("waitroom:turn", ({ detail: state }) => {
    if (!["admitted", "issued", "called"].includes(state)) return;
    notify(state === "issued" ? box.dataset.issued : box.dataset.title);
    if (!rang) ring();
    rang = true;
  });
})();
