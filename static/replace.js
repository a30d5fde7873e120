// A page's Calendly and Cal.com markup, shown as ours: docs/moving.md. embed.js fetches this only
// where its own element has data-replace="calendly.com/ana/intro=ana/intro, cal.com/ana=ana".
(() => {
  const asked = document.querySelector("script[data-replace]");
  if (!asked || asked.replacing) return; // embed.js may stand on a page twice
  asked.replacing = true;
  const CAL = /(^|\.)cal\.(com|eu)$/;
  const bare = (url) => decodeURI(url.host + url.pathname).toLowerCase().replace(/^(www|app)\.|\/(embed)?\/?$/g, "");
  const table = asked.dataset.replace.split(/[\s,]+/).filter(Boolean).map((pair) => {
    const [from, to] = pair.replace(/^https?:\/\//, "").split("=");
    return [bare(new URL(`https://${from}`)), to];
  }).sort(([one], [other]) => other.length - one.length); // the most exact one first

  // --- what is asked for ---

  const origins = new WeakMap(); // whose markup a prefill comes from, for the events
  const NAMES = { primary_color: "accent", timezone: "tz", "cal.tz": "tz", attendeePhoneNumber: "question-phone" };
  const KNOWN = /^(name|email|notes|date|month|duration|tz|theme|accent|lang|hide_details|utm_\w+|question-[\w-]+)$/;
  const OTHER = /^(guests|layout|embed\w*|iframeAttrs|metadata.*|rescheduleUid|(flag|ui)\..*)$/; // of Cal.com's, no question

  // What an address of theirs, and what their scripts say beside it, means to us; nothing if it is
  // not to be replaced.
  const meant = (text, said = {}, namespace, base) => {
    let url, path;
    try {
      url = new URL(text, base || "https://cal.com");
      path = bare(url); // which another page's frame may make impossible
    } catch {
      return;
    }
    const [from, to] = table.find(([from]) => `${path}/`.startsWith(`${from}/`)) ?? [];
    if (!to) return;
    const rest = path.slice(from.length + 1);
    const [host, event = rest.split("/")[0]] = to.split("/");
    const cal = CAL.test(url.hostname);
    const prefill = {};
    const fill = (name, value) => {
      if (/^(first|last)_?name$/i.test(name)) return void (prefill.name = [prefill.name, value].filter(Boolean).join(" "));
      if (/^a\d+$/.test(name)) name = `question-${name}`;
      if (/^hide_(event_type|landing_page)_details$/.test(name)) name = "hide_details";
      name = NAMES[name] ?? name.replace(/^utm([A-Z])/, (_all, first) => `utm_${first.toLowerCase()}`);
      if (KNOWN.test(name)) prefill[name] = value;
      else if (cal && !OTHER.test(name)) prefill[`question-${name}`] = value;
    };
    const all = { ...Object.fromEntries(url.searchParams), ...said };
    if (all.name && typeof all.name === "object") all.name = Object.values(all.name).join(" ");
    for (const [name, value] of Object.entries(all)) if (value && typeof value !== "object") fill(name, String(value));
    const day = rest.match(/\d{4}-\d\d-\d\d/);
    if (day) prefill.date ??= day[0];
    origins.set(prefill, { cal, namespace: namespace ?? "" });
    return { host, event, prefill };
  };

  const make = ({ host, event, prefill }, mode, text = "") => {
    const made = Object.assign(document.createElement("meetslot-booking"), { prefill, textContent: text });
    for (const [name, value] of Object.entries({ host, event, mode })) if (value) made.setAttribute(name, value);
    return made;
  };
  const floats = {};
  const floating = (wish, text, colour, position) => {
    const made = make(wish, "floating", text);
    floats[wish.host + wish.event]?.remove(); // told of by a call, and drawn
    floats[wish.host + wish.event] = made;
    if (/^#[\da-f]{6}$/i.test(colour)) made.setAttribute("accent", colour.slice(1));
    if (/left/.test(position)) made.setAttribute("position", "left");
    document.body.append(made);
    return made;
  };

  // In an element of theirs, beside what is theirs (a framework may look after it), which is out of
  // sight and loads nothing.
  const inline = (room, wish) => {
    if (!room) return;
    const old = room.replaced;
    for (const each of room.children) if (each !== old) each.style.setProperty("display", "none", "important");
    if (old?.isConnected && old.asked === JSON.stringify(wish)) return;
    old?.remove();
    room.style.setProperty("height", "auto", "important");
    room.style.setProperty("overflow", "visible", "important");
    room.append((room.replaced = make(wish)));
    room.replaced.asked = JSON.stringify(wish);
  };

  // --- their markup, now and whenever it comes ---

  const POPUPS = ".calendly-overlay, cal-modal-box";
  const CLOSE = ".calendly-popup-close, .calendly-close-overlay";

  const frame = (found) => {
    const wish = meant(found.src);
    if (!wish) return;
    found.srcdoc = ""; // which goes before its src, and is told as loaded
    const popup = found.closest(POPUPS);
    if (popup) {
      (popup.querySelector(CLOSE) ?? popup).click();
      if (popup.localName === "cal-modal-box") popup.remove();
      return void Meetslot.open(wish);
    }
    const room = found.closest(".calendly-inline-widget") ?? found.closest("cal-inline")?.parentElement;
    if (room) return void inline(room, wish);
    found.style.setProperty("display", "none", "important");
    found.replaced?.remove(); // it may be moved
    found.after((found.replaced = make(wish)));
  };

  const config = (element) => {
    try {
      return JSON.parse(element.dataset.calConfig);
    } catch {
      return {};
    }
  };

  const look = (element) => {
    if (element.localName === "iframe") frame(element);
    const { url, calLink, calNamespace, calOrigin, autoLoad } = element.dataset;
    if (url && element.matches(".calendly-inline-widget") && autoLoad !== "false") {
      const wish = meant(url);
      if (wish) inline(element, wish);
    }
    const wish = calLink && meant(calLink, config(element), calNamespace, calOrigin);
    if (!wish) return;
    element.removeAttribute("data-cal-link"); // or their script opens theirs, too
    if (element.localName !== "cal-floating-button") {
      element.prefill = wish.prefill;
      return void (element.dataset.meetslot = [wish.host, wish.event].filter(Boolean).join("/"));
    }
    const { buttonText, buttonColor, buttonPosition } = element.dataset;
    element.remove();
    floating(wish, buttonText, buttonColor, buttonPosition);
  };
  const SEEN = "iframe[src], .calendly-inline-widget[data-url], [data-cal-link]";
  const within = (node) => {
    if (node.nodeType !== 1) return;
    if (node.matches(SEEN)) look(node);
    node.querySelectorAll(SEEN).forEach(look);
  };
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) (type === "attributes" ? [target] : addedNodes).forEach(within);
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["src", "data-url", "data-cal-link"] });
  within(document.documentElement);

  // --- their scripts' calls: ours where the address is to be replaced, else theirs ---

  // A global of theirs, there already or coming, in the clothes of `wrap`.
  const stand = (name, wrap, first) => {
    let theirs = wrap(window[name] ?? first);
    Object.defineProperty(window, name, {
      configurable: true,
      get: () => theirs,
      set: (value) => value === theirs || (theirs = wrap(value)),
    });
  };

  let badge;
  const spoken = ({ url, prefill, utm, pageSettings }) =>
    meant(url, { ...prefill, ...prefill?.customAnswers, ...utm, accent: pageSettings?.primaryColor?.replace("#", "") });
  const calendly = {
    initInlineWidget(options) {
      const wish = spoken(options);
      if (wish) inline(options.parentElement?.[0] ?? options.parentElement ?? document.querySelector(".calendly-inline-widget"), wish);
      return wish;
    },
    initPopupWidget(options) {
      const wish = spoken(options);
      if (wish) Meetslot.open(wish);
      return wish;
    },
    showPopupWidget: (url) => calendly.initPopupWidget({ url }),
    initBadgeWidget(options) {
      const wish = spoken(options);
      if (!wish) return;
      badge?.remove();
      badge = floating(wish, options.text, options.color);
      return wish;
    },
    closePopupWidget: () => void Meetslot.close(),
    destroyBadgeWidget: () => void badge?.remove(),
  };
  stand("Calendly", (theirs) => new Proxy(theirs, {
    get: (target, name) => name in calendly
      ? (...args) => void (calendly[name](...args) || target[name]?.(...args))
      : target[name],
  }), {});

  const listeners = [];
  const instruct = ([method, said], namespace = "") => {
    if (method === "on") listeners.push({ ...said, namespace });
    if (!said?.calLink) return;
    const { calLink, calOrigin, config, buttonText = "Book my Cal", buttonColor, buttonPosition } = said;
    const wish = meant(calLink, config, namespace, calOrigin);
    if (!wish) return;
    if (method === "floatingButton") floating(wish, buttonText, buttonColor, buttonPosition);
    if (method === "modal") Meetslot.open(wish);
    if (method === "inline") {
      const { elementOrSelector: room } = said;
      inline(typeof room === "string" ? document.querySelector(room) : room, wish);
    }
    return /^(floatingButton|modal|inline)$/.test(method);
  };
  // A queue of instructions that their script has not come for, or may never come for.
  const queue = (owner, namespace) => {
    if (!owner?.q || owner.q.ours) return;
    const left = [...owner.q].filter((each) => !instruct(each, namespace));
    owner.q.splice(0, Infinity, ...left);
    owner.q.ours = true;
  };
  const called = new WeakSet();
  const call = (theirs, namespace) => {
    if (called.has(theirs)) return theirs;
    const ours = new Proxy(theirs, {
      apply: (target, self, args) => instruct(args, namespace) || target.apply(self, args),
      get: (target, name) => name === "ns" && target.ns
        ? new Proxy(target.ns, { get: (all, each) => all[each] && call(all[each], each) })
        : target[name],
    });
    called.add(ours);
    return ours;
  };
  stand("Cal", (theirs) => {
    if (!theirs) return theirs;
    queue(theirs);
    for (const [name, each] of Object.entries(theirs.ns ?? {})) queue(each, name);
    return call(theirs);
  });

  // --- their events, where a site's analytics go on counting them ---

  if (!("replaceEvents" in asked.dataset)) return;
  const CALENDLY = { ready: "event_type_viewed", slot: "date_and_time_selected", booked: "event_scheduled" };
  const CALS = {
    ready: ["linkReady"],
    booked: ["bookingSuccessful", "bookingSuccessfulV2"],
    rescheduled: ["rescheduleBookingSuccessful", "rescheduleBookingSuccessfulV2"],
    cancelled: ["bookingCancelled"],
    error: ["linkFailed"],
  };
  const tell = {
    calendly(type, { booking }) {
      if (!CALENDLY[type]) return;
      const uri = `${new URL(asked.src ?? location.href).origin}/api/v1/me/bookings/${booking}`;
      const payload = booking ? { event: { uri }, invitee: { uri } } : {};
      dispatchEvent(new MessageEvent("message", {
        data: { event: `calendly.${CALENDLY[type]}`, payload },
        origin: "https://calendly.com",
      }));
    },
    cal(type, { booking: uid, start: startTime, end: endTime, code }, namespace) {
      const data = uid
        ? { uid, startTime, endTime, date: startTime, status: "ACCEPTED", confirmed: true, booking: { uid, startTime, endTime } }
        : { code };
      for (const each of CALS[type] ?? []) {
        const detail = { type: each, namespace, fullType: `CAL:${namespace}:${each}`, data };
        for (const { action, callback, namespace: of } of listeners) {
          if (of === namespace && (action === "*" || action === each)) callback(new CustomEvent(detail.fullType, { detail }));
        }
      }
    },
  };
  for (const type of ["ready", "slot", "booked", "rescheduled", "cancelled", "error"]) {
    document.addEventListener(`meetslot:${type}`, ({ target, detail }) => {
      const origin = origins.get(target.prefill);
      if (origin) tell[origin.cal ? "cal" : "calendly"](type, detail ?? {}, origin.namespace);
    });
  }
})();
