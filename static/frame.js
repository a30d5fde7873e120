// What a booking page inside a frame tells the site around it: docs/embedding.md. It is sent with
// guest.js, as one file. Only the page right around us is told anything, by its own origin; a page
// without one (a file) hears of sizes and looks alone.
"use strict";
const framed = window.parent !== window;
// The origin of the site around; a page that was loaded anew inside of the frame has it only in
// its address, where it can do no harm: the browser delivers to nobody else.
const around =
  location.ancestorOrigins?.[0] ??
  (document.referrer && new URL(document.referrer).origin !== location.origin
    ? new URL(document.referrer).origin
    : new URL(location.href).searchParams.get("embedder"));
{
  const html = document.documentElement;
  const harmless = ["ready", "resize", "step", "close", "around", "theme", "sight"];
  const named = (origin) => origin.replace(/^file:.*/, "null"); // browsers disagree on a file's
  let site = framed && around && around !== location.origin ? named(around) : "";
  let embedded = false; // by embed.js, which makes the frame as high as we say
  let popup = false;
  let share = false;
  let height = 0;
  let room = 0; // which is kept until the next step, so that nothing on the site's page moves
  let width = innerWidth;
  let shown = "";

  const tell = (type, detail) => {
    const to = site === "null" ? harmless.includes(type) && "*" : site;
    if (to) window.parent.postMessage({ source: "meetslot", type, ...detail }, to);
  };

  const measure = () => {
    const found = document.getElementById("picker")?.getBoundingClientRect().height;
    if (!found || !innerWidth) return; // nobody sees the frame
    if (Math.abs(innerWidth - width) > 40) room = 0;
    width = innerWidth;
    const now = Math.max(Math.ceil(found) + 1, room); // 1: what only screen readers see
    if (now !== height) tell("resize", { height: (height = now) });
  };
  const sizes = new ResizeObserver(measure);

  // What the page shows now, after it was loaded and after each swap.
  const news = () => {
    const root = document.getElementById("picker");
    if (!root || (framed && !site)) return;
    if (!shown) tell("ready");
    const { step, start = "" } = root.dataset;
    const now = `${step} ${start}`;
    const stepped = shown && shown.split(" ")[0] !== step;
    if (stepped) room = 0;
    sizes.disconnect();
    sizes.observe(root);
    measure();
    if (stepped) tell("step", { step });
    if (stepped && embedded) tell("sight", { style: "top:0" });
    if (shown !== now && start) tell("slot", { start });
    shown = now;
    const error = root.querySelector("#offline, #still [data-error]") ?? root.querySelector("[data-error]");
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

  // --- as the page around is ---------------------------------------------------------------------

  // Any colour of CSS as red, green, blue (0 to 1) and opacity.
  const read = (colour) => {
    const probe = document.createElement("i");
    probe.style.color = `color(from ${colour} srgb r g b / alpha)`;
    document.head.append(probe);
    const [red, green, blue, , alpha = 1] = getComputedStyle(probe).color.split(" ").slice(1).map(parseFloat);
    probe.remove();
    return [red, green, blue, alpha];
  };
  // WCAG's relative luminance, near enough
  const light = ([red, green, blue]) => 0.2126 * red ** 2.2 + 0.7152 * green ** 2.2 + 0.0722 * blue ** 2.2;

  const wish = new URLSearchParams(location.search).get("theme");
  let told; // the theme that embed.js knows of

  // Dark or light by the layers behind the frame, from the top down to the browser's own ground.
  // Where there is an image, or nothing but the browser's ground, the page's text tells better.
  // Without a ground of our own we stand only where all that we show can be read (theme.py).
  const adapt = ({ layers, text }) => {
    let [mix, through, image] = [[0, 0, 0], 1, false];
    const lay = ([colour, covered]) => {
      const layer = read(colour);
      image ||= covered && through > 0;
      mix = mix.map((part, each) => part + through * layer[3] * layer[each]);
      through *= 1 - layer[3];
    };
    layers.slice(0, -1).forEach(lay);
    const unsure = image || through > 0.5;
    lay(layers.at(-1));
    const ground = light(mix);
    const suits = unsure ? light(read(text)) > 0.18 : ground < 0.18;
    const dark = /^(light|dark)$/.test(wish) ? wish === "dark" : suits;
    const theme = dark ? "dark" : "light";
    html.dataset.theme = theme;
    html.classList.toggle("clear", !image && (dark ? ground <= 0.025 : ground >= 0.9));
    if (theme !== told) tell("theme", { theme: (told = theme) });
  };

  const greeted = ({ source, origin, data }) => {
    if (source !== window.parent || data?.source !== "meetslot" || data.type !== "hello") return;
    site ||= named(origin);
    if (named(origin) !== site) return;
    share = data.share === true;
    popup = data.popup === true;
    if (!embedded) {
      embedded = true;
      room = data.room ?? 0;
      html.classList.add("fitted"); // no second scrollbar
      setInterval(() => document.hidden || tell("around"), 1000); // it may turn dark or light
    }
    if (shown) measure();
    else news();
    if (data.layers) adapt(data);
  };

  if (framed) {
    window.addEventListener("message", greeted);
    window.addEventListener("submit", ({ target, submitter }) => {
      if (target.id === "booking-form" && !submitter?.name) tell("submitting", {});
    }, true);
    // the keyboard is ours while the focus is: a popup around us could not hear it
    document.addEventListener("keydown", ({ key, defaultPrevented }) => {
      if (key === "Escape" && !defaultPrevented) tell("close", {});
    });
    // what is in a popup leaves nothing behind that the way back would have to go through
    document.addEventListener("htmx:before:history:update", ({ detail: { history } }) => {
      if (popup) history.type = "replace";
    });
    // a part of the page is to come into sight, which is not ours to scroll
    document.addEventListener("meetslot:sight", (event) => {
      if (!embedded) return;
      event.preventDefault();
      const { top } = event.target.getBoundingClientRect();
      tell("sight", { style: `top:${top}px;height:${event.detail}px` });
    });
  }
  document.addEventListener("htmx:after:swap", news);
  document.addEventListener("meetslot:news", news);
  news();
}
