// Meetslot's embed script: <meetslot-booking>, links with data-meetslot, Meetslot.open and .close.
(() => {
  const tag = "meetslot-booking";
  if (customElements.get(tag)) return; // it may stand on a page twice
  const [server, late, shut, book] = "{{filled}}"; // the script may come from anywhere
  const attributes = "host event title share-guest theme accent lang tz month date name email duration once hide-details mode offset".split(" ");
  const root = document.documentElement;
  // style sheets of script, so that neither the page's CSS nor its CSP gets in between
  const look = new CSSStyleSheet();
  const lock = new CSSStyleSheet(); // behind an open dialog nothing scrolls
  document.adoptedStyleSheets.push(lock);
  let opened; // the one whose dialog is open
  const close = () => opened?.dialog.close();

  const make = (name, into, properties) =>
    into.appendChild(Object.assign(document.createElement(name), properties));

  // The frame and the element's own content lie in one cell, which is as high as the picker will
  // be: nothing below moves when one takes the other's place, or both take that of the room which
  // the snippet's own style keeps.
  look.replaceSync(`
:host{display:block;width:-moz-available;width:-webkit-fill-available;height:auto!important;padding:0!important}
:host([mode*=popup]){display:inline-block;width:auto}
:host([mode*=floating]){display:contents}
:host([mode=dialog]){display:block!important;position:fixed!important}
:host([hidden]){display:none!important}
button:empty,.ready slot,:not(.late)>a{display:none}
.box{display:grid;position:relative;container-type:inline-size;contain-intrinsic-width:300px;scroll-margin:inherit}
.box>*{grid-area:2/1}
.box>a,.box>.close{grid-area:1/1;padding:8px 24px}
slot{display:block}
i{position:absolute;scroll-margin:inherit;color:Canvas}
iframe{width:100%;border:0;border-radius:8px}
:not(.ready)>iframe{min-height:{{room}};visibility:hidden}
:host(:not([event],[mode=dialog])) iframe{min-height:400px}
button{min-height:48px;border:0;border-radius:8px;padding:8px 24px;background:CanvasText;color:Canvas;font:inherit;font-size:max(1em,14px);line-height:1.4;font-weight:600;cursor:pointer}
:host([mode*=floating]) button{position:fixed;z-index:9999999;bottom:0;inset-inline-end:0;margin:16px;border-radius:99px;box-shadow:0 0 9px}
:host([position*=top]) button{top:0;bottom:auto}
:host([position*=start]) button{inset-inline:0 auto}
:host([position*=left]) button{right:auto;left:0}
:host([position*=right]) button{left:auto;right:0}
dialog{width:1040px;max-width:100%;max-height:100%;border:0;border-radius:8px;padding:0}
dialog::backdrop{background:#0009}
.close{justify-self:end;position:sticky;top:0;background:Canvas;color:CanvasText;font-size:24px}`);

  // Inline it holds the frame; as popup or floating a button. What a button or link opens is one of
  // its own, in the mode "dialog", at the end of the body, where nothing around can hide it.
  class Booking extends HTMLElement {
    static observedAttributes = attributes;
    shadow = this.attachShadow({ mode: "open" });
    ask = (name) => this.getAttribute(name);

    connectedCallback() {
      if (this.ownerDocument !== document) return; // put aside
      this.mode = this.getAttribute("mode");
      if (this.mode === "dialog" && !this.by) return this.remove(); // a copy by a snapshot
      addEventListener("message", this);
      addEventListener("DOMContentLoaded", this);
      this.build();
    }

    disconnectedCallback() {
      removeEventListener("message", this);
      this.clear();
      if (opened === this) lock.replaceSync(""); // in a document without a window no close is told
    }

    // one change of several attributes loads once
    attributeChangedCallback(_name, old, now) {
      if (!this.box || this.by || old === now) return;
      clearTimeout(this.later);
      this.later = setTimeout(() => this.isConnected && this.connectedCallback());
    }

    // an attribute without the quotes that rich editors make part of it; false if there is none
    get(name) {
      const value = this.ask(name) ?? false;
      return value !== false && String(value).replace(/^[\s\x22\x27\x60«»\u200b-\u2033]+|[\s\x22\x27\x60«»\u200b-\u2033]+$/g, "");
    }

    build() {
      this.clear();
      const { shadow, by } = this;
      const button = !by && /popup|floating/.test(this.mode);
      shadow.adoptedStyleSheets = [look];
      shadow.replaceChildren();
      if (button) this.press(make("button", shadow, { part: "button", from: this }));
      this.dialog = by && make("dialog", shadow);
      this.box = make("div", this.dialog || shadow, { ariaLive: "polite", hidden: button });
      this.mark = make("i", this.box);
      this.link = make("a", this.box, { target: "_blank", dir: "auto" });
      make("slot", this.box, { onslotchange: () => this.label() });
      if (by) this.dress(this.dialog);
      this.label();
      if (!button && !by) this.start();
    }

    clear() {
      this.booking?.remove();
      this.dialog?.close();
      clearTimeout(this.timer);
      this.frame = this.frame?.remove();
    }

    label() {
      const from = this.by || this;
      const text = this.get("title") || from.textContent.trim() || from.querySelector("[alt]")?.alt ||
        (document.readyState === "loading" ? "" : book); // it may be on its way
      if (this.button) this.button.textContent = text;
      if (this.dialog) this.dialog.ariaLabel = text;
      if (this.frame) this.frame.title = text;
    }

    // --- the frame ---

    start() {
      if (!this.get("host")) return;
      this.box.className = "box";
      this.done = false;
      const src = this.address();
      Object.assign(this.link, { href: src, textContent: late });
      this.frame = make("iframe", this.box, { src, onload: () => this.greet() });
      this.label();
      this.timer = setTimeout(() => {
        this.box.className = "box late";
        this.done = true;
        this.tell("error", { code: "not_ready" });
      }, 8000);
    }

    address() {
      const query = new URLSearchParams({
        tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
        embedder: location.origin,
        ...this.prefill,
      });
      new URLSearchParams(location.search).forEach((value, name) => {
        if (/^utm_/.test(name)) query.set(name, value);
      });
      for (const name of attributes.slice(4, -2)) {
        const value = this.get(name);
        if (value !== false) query.set(name.replace("-", "_"), /-/.test(name) ? 1 : value);
      }
      const event = this.get("event");
      return `${server}/book/${this.get("host")}${event ? `/${event}` : ""}?${query}`;
    }

    // What the frame asks for now and then: what lies behind it, from the top down, so that it can
    // be dark on dark and light on light.
    greet() {
      const { frame, mark } = this;
      const layers = [];
      for (let node = this; node; node = node.assignedSlot || node.parentElement || node.getRootNode().host) {
        const { backgroundColor, backgroundImage } = getComputedStyle(node);
        layers.push([backgroundColor, backgroundImage !== "none"]);
      }
      mark.style.colorScheme = getComputedStyle(root).colorScheme;
      layers.push([getComputedStyle(mark).color]);
      frame.contentWindow.postMessage({
        source: "meetslot",
        type: "hello",
        share: this.get("share-guest") !== false,
        popup: !!this.dialog,
        room: frame.offsetHeight,
        text: getComputedStyle(this).color,
        layers,
      }, server);
    }

    handleEvent({ origin, source, data }) {
      if (!source) return this.label(); // the page has come whole
      if (origin !== server || source !== this.frame?.contentWindow) return;
      const { source: _source, type, ...detail } = data;
      const { box, dialog, frame, mark } = this;
      if (/ready|around/.test(type)) this.greet();
      if (type === "close") close();
      if (type === "sight") {
        mark.style.cssText = detail.style;
        mark.scrollIntoView({ block: "nearest" });
      }
      if (type === "theme") {
        (dialog || frame).style.colorScheme = detail.theme;
        clearTimeout(this.timer);
        box.className = "box ready";
      }
      if (type === "resize") frame.style.height = `${detail.height}px`;
      if (type === "booked") this.done = true;
      // what is between us two is not told, nor what is ready once more
      if (!/around|close|sight|step|theme|readybox ready/.test(type + box.className)) this.tell(type, detail);
    }

    tell(type, detail) {
      (this.by?.isConnected ? this.by : this).dispatchEvent(new CustomEvent(`meetslot:${type}`, { bubbles: true, composed: true, detail }));
      if (type === "booked") window.dataLayer?.push({ event: `meetslot:${type}`, meetslot: { ...detail, guest: undefined } });
    }

    // --- popup and floating ---

    // In the accent, and on it white or black: y is WCAG's relative luminance.
    press(button) {
      const { style } = (this.button = button);
      const accent = this.get("accent");
      const on = "calc((.18 - y)*999)";
      style.background = `#${accent}`;
      style.color = `color(from #${accent} xyz ${on} ${on} ${on})`;
      [style.marginBlock, style.marginInline] = (this.get("offset") || "").replace(/\d(?!\S)/g, "$&px").split(" ");
    }

    dress(dialog) {
      make("button", this.box, { className: "close", textContent: "×", ariaLabel: shut, onclick: close });
      // its own area is the backdrop alone; `false` would take the click from a link
      dialog.onclick = ({ target }) => target !== dialog || close();
      dialog.onclose = () => {
        if (dialog.open) return;
        if (opened === this) lock.replaceSync("");
        if (this.done) this.clear();
        if (!this.by.isConnected) this.remove();
      };
    }

    open() {
      close();
      opened = this;
      lock.replaceSync(`html{overflow:hidden!important;${innerWidth > root.clientWidth && "scrollbar-gutter:stable"}}`);
      this.dialog.showModal();
      if (!this.frame) this.start();
    }
  }

  // A link or button keeps its booking while it asks for the same, so that what was typed survives;
  // a call by script makes another one.
  const open = (ask, by) => {
    const wish = String(attributes.map(ask));
    let { booking, prefill } = by;
    if (booking?.wish !== wish || !booking.isConnected) {
      booking?.remove();
      booking = by.booking = make(tag, document.body, { by, prefill, ask, wish });
      booking.setAttribute("mode", "dialog");
    }
    booking.open();
  };

  // First of all, since themes stop clicks and handle them; and in components, too.
  addEventListener("click", (event) => {
    const by = event.composedPath().find((each) => each.from || each.matches?.("[data-meetslot]"));
    if (!by || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (by.from) return open(by.from.ask, by.from);
    const [host, name] = by.dataset.meetslot.split("/");
    open((each) => ({ host, event: name })[each] ?? by.getAttribute(`data-${each}`), by);
  }, true);

  window.Meetslot = {
    open: (wish) => open((name) => wish[name.replace(/-./, (part) => part[1].toUpperCase())], Object.assign(document.createElement(tag), wish)),
    close,
  };
  customElements.define(tag, Booking);
  if (document.querySelector("script[data-replace]")) make("script", root, { src: `${server}/replace.js` });
})();
