// What a booking page inside a frame tells the site around it: docs/embedding.md. It is sent with
// guest.js, as one file. Only the page right around us is told anything, by its own origin; a page
// without one (a file) hears of sizes alone.
"use strict";
{
  const framed = window.parent !== window;
  const { classList } = document.documentElement;
  const harmless = ["ready", "resize", "step", "close"];
  const named = (origin) => origin.replace(/^file:.*/, "null"); // browsers disagree on a file's
  const around = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  let site = framed && around !== location.origin ? named(around) : "";
  let share = false;
  let height = 0;
  let shown = "";

  const tell = (type, detail) => {
    const to = site === "null" ? harmless.includes(type) && "*" : site;
    if (to) window.parent.postMessage({ source: "meetslot", type, ...detail }, to);
  };

  const measure = () => {
    const root = document.getElementById("picker");
    if (!root) return;
    const now = Math.ceil(root.getBoundingClientRect().height) + 1; // what only screen readers see
    if (now !== height) tell("resize", { height: (height = now) });
  };
  const sizes = new ResizeObserver(measure);

  // What the page shows now, after it was loaded and after each swap.
  const news = () => {
    const root = document.getElementById("picker");
    if (!root || (framed && !site)) return;
    if (!shown) tell("ready", { close: document.body.dataset.close });
    sizes.disconnect();
    sizes.observe(root);
    measure();
    const { step, start = "" } = root.dataset;
    const now = `${step} ${start}`;
    if (shown && shown.split(" ")[0] !== step) tell("step", { step });
    if (shown !== now && start) tell("slot", { start });
    shown = now;
    const error = root.querySelector("#still [data-error]") ?? root.querySelector("[data-error]");
    if (error) tell("error", { code: error.dataset.error });
    outcome(root.querySelector("[data-outcome]"));
  };

  // The server marks an outcome in one answer alone: a reload, the way back and a second tab have
  // nothing to tell.
  const outcome = (root) => {
    if (!root) return;
    const { outcome: type, bookingId: booking, start, end, event, guestName: name, guestEmail: email } = root.dataset;
    root.removeAttribute("data-outcome");
    tell(type, { booking, start, end, event, ...(share && { guest: { name, email } }) });
  };

  const greeted = ({ source, origin, data }) => {
    if (source !== window.parent || data?.source !== "meetslot" || data.type !== "hello") return;
    site ||= named(origin);
    if (named(origin) !== site) return;
    share = data.share === true;
    classList.add("fitted"); // the frame is as high as we say: no second scrollbar
    if (!shown) news();
  };

  if (framed) {
    classList.add("framed");
    window.addEventListener("message", greeted);
    document.addEventListener("submit", ({ target, submitter }) => {
      if (target.id === "booking-form" && !submitter?.name) tell("submitting", {});
    });
    // the keyboard is ours while the focus is: a popup around us could not hear it
    document.addEventListener("keydown", ({ key, defaultPrevented }) => {
      if (key === "Escape" && !defaultPrevented) tell("close", {});
    });
  }
  document.addEventListener("htmx:after:swap", news);
  document.addEventListener("meetslot:news", news);
  news();
}
