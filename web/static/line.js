// Keeps a waiting page told on a bad network: by a stream where it can be had, by asking where it can't.
// htmx does the listening, the asking and the swapping.
(() => {
  "use strict";

  const { byId, say, showLocalTimes, countDown } = window.waitroom;

  const RETRY_MAX_S = 15;
  const REST_MIN_S = 3;
  let failures = 0;
  let retry;
  let step;
  let state;
  let answeredAt = Date.now();

  const isPlace = (event) => event.detail.elt && event.detail.elt.id === "place";
  const stillAsks = () => byId("place") && byId("place").hasAttribute("hx-get");
  const between = (least_s, most_s) => 1000 * (least_s + Math.random() * (most_s - least_s));

  const ask = () => {
    clearTimeout(retry);
    if (!stillAsks()) return;
    if (window.htmx) htmx.trigger("#place", "ask");
    else location.reload();
  };
  const askIn = (rest_ms) => {
    clearTimeout(retry);
    retry = setTimeout(ask, rest_ms);
  };

  const lookAtPlace = () => {
    const place = byId("place");
    if (!place) return;
    document.title = place.dataset.title;
    if (step !== undefined && step !== place.dataset.step) say(place.dataset.news);
    if (state !== undefined && state !== place.dataset.state) {
      document.dispatchEvent(new CustomEvent("waitroom:turn", { detail: place.dataset.state }));
    }
    ({ step, state } = place.dataset);
  };

  const told = () => {
    clearTimeout(retry);
    answeredAt = Date.now();
    const wasTroubled = failures > 0;
    failures = 0;
    if (byId("trouble")) byId("trouble").hidden = true;
    if (wasTroubled && byId("place")) say(byId("place").dataset.news);
    lookAtPlace();
    showLocalTimes();
    countDown();
    if (!stillAsks()) hangUp();
    else if (wasTroubled && !heardAt) dialIn(between(1, 8)); // who answers again may speak again too
  };

  // --- the stream ---

  const FIRST_WORD_S = 10; // longer without one: something between keeps the words back
  const QUIET_MAX_S = 45;
  let source;
  let heardAt = 0;
  let patience;
  let redial;

  const isHeard = () => Date.now() - heardAt < QUIET_MAX_S * 1000;

  const dial = () => {
    const live = byId("live");
    if (!live || !stillAsks()) return;
    live.dataset.dials = Number(live.dataset.dials || 0) + 1; // or htmx takes it for known
    live.setAttribute("sse-connect", live.dataset.live);
    htmx.process(live);
  };

  function dialIn(rest_ms) {
    clearTimeout(redial);
    redial = setTimeout(dial, rest_ms);
  }

  function hangUp(rest_ms = between(30, 90)) {
    clearTimeout(patience);
    clearTimeout(redial);
    if (source) source.close();
    heardAt = 0;
    if (!byId("live")) return;
    byId("live").removeAttribute("sse-connect"); // or htmx would dial again by itself
    if (stillAsks()) dialIn(rest_ms);
    else byId("live").remove();
  }

  if (window.htmx && window.EventSource) {
    htmx.createEventSource = (url) => {
      source = new EventSource(url);
      source.addEventListener("error", lost);
      clearTimeout(patience);
      patience = setTimeout(hangUp, FIRST_WORD_S * 1000);
      return source;
    };
  }

  // Everybody hears a server go: they are not to come back all at once, as htmx and browsers would.
  function lost(event) {
    event.stopImmediatePropagation();
    const wasHeard = heardAt > 0;
    hangUp(wasHeard ? between(3, 12) : between(30, 90));
    if (wasHeard) askIn(between(0.5, REST_MIN_S));
  }

  // Where only words have changed, only words are changed: what is focused, selected or being read
  // aloud stays what it is.
  const isAlike = (old, fresh) =>
    old.nodeName === fresh.nodeName &&
    old.childNodes.length === fresh.childNodes.length &&
    [...old.childNodes].every((node, at) => isAlike(node, fresh.childNodes[at]));
  const adopt = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (old.nodeName === "TIME") {
      if (old.dateTime === fresh.dateTime) return;
      old.removeAttribute("title"); // not yet in the reader's own time
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    old.childNodes.forEach((node, at) => adopt(node, fresh.childNodes[at]));
  };

  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    const place = byId("place");
    const fresh = new DOMParser().parseFromString(event.detail.data, "text/html").getElementById("place");
    if (!place || !fresh) return event.preventDefault();
    clearTimeout(patience);
    heardAt = Date.now();
    if (place.dataset.state !== fresh.dataset.state || !isAlike(place, fresh)) return;
    event.preventDefault();
    adopt(place, fresh);
    told();
    askIn(QUIET_MAX_S * 1000); // a connection may die without a word
  });

  // Who is told need not ask.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isPlace(event)) return;
    if (heardAt && !isHeard()) hangUp(between(1, 8));
    if (!isHeard()) return;
    event.preventDefault();
    askIn(QUIET_MAX_S * 1000);
  });

  // --- asking ---

  const trouble = (event) => {
    if (!isPlace(event)) return;
    const { xhr } = event.detail;
    if (xhr.status === 401) return location.reload();
    failures += 1;
    if (failures === 1 && byId("trouble")) {
      byId("trouble").hidden = false;
      say(byId("trouble").textContent);
    }
    const grown_s = Math.min(RETRY_MAX_S, 2 ** failures) * (0.5 + Math.random() / 2);
    const told_s = Number(xhr.status && xhr.getResponseHeader("Retry-After")) || 0;
    askIn(1000 * Math.max(grown_s, Math.min(told_s, 60)));
  };

  // Only a place is put in the place's stead: not a proxy's error page, nor the page we were sent to.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isPlace(event)) return;
    const { detail } = event;
    const asked = new URL(detail.pathInfo.requestPath, location.href);
    if (detail.xhr.responseURL && new URL(detail.xhr.responseURL).pathname !== asked.pathname) {
      detail.shouldSwap = false;
      location.reload();
      return;
    }
    detail.shouldSwap = /\sid="place"/.test(detail.serverResponse);
    detail.isError = !detail.shouldSwap;
  });

  document.addEventListener("htmx:afterSwap", told);

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, trouble);

  // The browser's own stop button must not stop the asking; it is no trouble either.
  document.addEventListener("htmx:sendAbort", () => askIn(REST_MIN_S * 1000));

  // A phone that slept, or changed networks, may still hold a request, or a stream, that nobody answers.
  const askAfresh = () => {
    if (!stillAsks()) return;
    if (window.htmx) {
      hangUp(between(1, 5));
      htmx.trigger("#place", "htmx:abort");
    }
    ask();
  };
  const lookedAtAgain = () => {
    if (document.visibilityState === "visible" && Date.now() - answeredAt > REST_MIN_S * 1000) askAfresh();
  };
  document.addEventListener("visibilitychange", lookedAtAgain);
  addEventListener("pageshow", (event) => event.persisted && lookedAtAgain());
  addEventListener("online", askAfresh);
  // The lobby goes on into the line.
  document.addEventListener("waitroom:open", () => askIn(between(0, 2)));

  lookAtPlace();
  // The one script that does the asking did not arrive: load the page again, gently.
  if (!window.htmx && stillAsks()) askIn(between(5, 15));
})();
