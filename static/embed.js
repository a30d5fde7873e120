// Meetslot's embed script: <meetslot-booking>, links with data-meetslot, Meetslot.open and .close.
(() => {
  "use strict";
  if (window.Meetslot) return; // it may stand on a page twice
  const tag = "meetslot-booking";
  const [late, page, shut, book] = "{{words}}"; // widget/guest/script.py fills them in
  const server = new URL(document.currentScript.src).origin;
  const passed = ["theme", "accent", "lang", "tz", "month", "date", "name", "email", "hide-details"];
  const attributes = ["host", "event", "title", "share-guest", ...passed];
  const root = document.documentElement;
  let opened; // the one whose dialog is open

  const make = (name, into, properties) => {
    const made = Object.assign(document.createElement(name), properties);
    into.append(made);
    return made;
  };
  // neither the page's CSS nor its CSP gets in between
  const styles = (text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return [sheet];
  };

  // The frame and the element's own content lie in one cell, which is as high as the picker will
  // be: nothing below moves when one takes the other's place.
  const look = styles(`
:host{display:block;width:100%;width:-moz-available;width:-webkit-fill-available}
:host([mode=popup]){display:inline-block;width:auto}
:host([mode=floating]){display:contents}
:host([hidden]),button:empty,.ready .own,:not(.late)>.own p,dialog slot{display:none}
.box{display:grid}
.box>*{grid-area:2/1}
iframe{width:100%;border:0;visibility:hidden}
.ready iframe{visibility:visible}
button{min-height:48px;padding:8px 24px;border:0;border-radius:8px;background:CanvasText;color:Canvas;font:inherit;font-size:max(1em,14px);line-height:1.4;font-weight:600;cursor:pointer}
.float{position:fixed;z-index:2147483000;bottom:16px;inset-inline-end:16px;margin:env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);border-radius:99px;box-shadow:0 2px 12px #0006}
:host([position*=top]) .float{top:16px;bottom:auto}
:host([position*=start]) .float{inset-inline:16px auto}
:host([position*=left]) .float{right:auto;left:16px}
:host([position*=right]) .float{left:auto;right:16px}
dialog{width:1040px;padding:0;border:0;border-radius:8px;color-scheme:light dark}
dialog::backdrop{background:#0009}
.box>.close{grid-area:1/1;justify-self:end;position:sticky;top:0;background:Canvas;color:CanvasText;font-size:24px}
dialog .own{padding:24px}
@media(max-width:640px){dialog{width:100%;height:100%;max-width:none;max-height:none;border-radius:0}}`);
  // Behind an open dialog nothing scrolls. On a phone the page ends with room for the button.
  document.adoptedStyleSheets.push(...styles(`
html:has(${tag}[open]){overflow:hidden!important}
@media(max-width:640px){html:has(${tag}[mode=floating]:not([position*=top]))::after{content:"";display:block;height:80px}}`));

  class Booking extends HTMLElement {
    static observedAttributes = [...attributes, "mode"];
    shadow = this.attachShadow({ mode: "open" });

    connectedCallback() {
      addEventListener("message", this);
      if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => this.label());
      this.build();
    }

    disconnectedCallback() {
      removeEventListener("message", this);
      this.clear();
    }

    // one change of several attributes loads once
    attributeChangedCallback(_name, old, now) {
      if (!this.box || old === now) return;
      clearTimeout(this.later);
      this.later = setTimeout(() => this.isConnected && this.build());
    }

    build() {
      this.clear();
      const { shadow, opener } = this;
      const mode = this.getAttribute("mode");
      const popup = opener || /popup|floating/.test(mode);
      shadow.adoptedStyleSheets = look;
      shadow.replaceChildren();
      if (popup && !opener) {
        this.button = make("button", shadow, { part: "button", onclick: () => this.open() });
        if (mode === "floating") {
          this.button.className = "float";
          import(`${server}{{float}}`).catch(() => {}); // without it the button stays where it is
        }
        this.tint(this.getAttribute("accent"));
      }
      this.dialog = popup ? make("dialog", shadow) : null;
      this.box = make("div", this.dialog || shadow, { className: "box" });
      if (popup) this.dress(this.dialog);
      const own = make("div", this.box, { className: "own" });
      make("slot", own, { onslotchange: () => this.label() });
      const note = make("p", own, { textContent: `${late} `, role: "status", dir: "auto" });
      make("a", note, { target: "_blank", href: this.address(), textContent: page });
      if (popup) this.label();
      else this.start();
    }

    clear() {
      this.dialog?.close();
      clearTimeout(this.timer);
      this.frame?.remove();
      this.frame = null;
    }

    label() {
      const own = this.title || this.textContent.trim() || this.querySelector("[alt]")?.alt;
      const text = own || (document.readyState === "loading" ? "" : book); // it may be on its way
      if (this.button) this.button.textContent = text;
      if (this.dialog) this.dialog.ariaLabel = text;
      if (this.frame) this.frame.title = text;
    }

    // the accent, and on it white or black: y is WCAG's relative luminance
    tint(accent) {
      const { style } = this.button;
      const on = "calc((.18 - y)*999)";
      style.background = `#${accent}`;
      style.color = `color(from #${accent} xyz ${on} ${on} ${on})`;
    }

    address() {
      const path = [this.getAttribute("host"), this.getAttribute("event") || []].flat();
      const query = new URLSearchParams({
        tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
        embedder: location.origin,
        ...this.prefill,
      });
      new URLSearchParams(location.search).forEach((value, name) => {
        if (/^utm_/.test(name)) query.set(name, value);
      });
      for (const name of passed) {
        const value = this.getAttribute(name);
        if (value !== null) query.set(name.replace("-", "_"), name === "hide-details" ? 1 : value);
      }
      return `${server}/book/${path.map(encodeURIComponent).join("/")}?${query}`;
    }

    // --- the frame ---

    start() {
      if (!this.getAttribute("host")) return;
      this.box.className = "box";
      this.done = false;
      this.frame = make("iframe", this.box, { src: this.address(), onload: () => this.greet() });
      const width = this.box.clientWidth;
      this.frame.style.minHeight = width < 640 ? "920px" : width < 900 ? "840px" : "620px";
      this.label();
      this.timer = setTimeout(() => {
        this.box.className = "box late";
        this.done = true;
        this.tell("error", { code: "not_ready" });
      }, 8000);
    }

    greet() {
      const hello = { source: "meetslot", type: "hello", share: this.hasAttribute("share-guest") };
      this.frame?.contentWindow?.postMessage(hello, server);
    }

    handleEvent({ origin, source, data }) {
      if (origin !== server || source !== this.frame?.contentWindow || data?.source !== "meetslot") return;
      const { source: _source, type, close, ...detail } = data;
      if (type === "close") return this.dialog?.close();
      if (type === "step") return this.box.getBoundingClientRect().top < 0 && this.box.scrollIntoView();
      if (type === "ready") {
        this.greet();
        if (this.box.matches(".ready")) return;
        clearTimeout(this.timer);
        this.box.className = "box ready";
        if (this.dialog) this.box.firstChild.ariaLabel = close;
      }
      if (type === "resize") this.frame.style.height = `${detail.height}px`;
      if (type === "booked") this.done = true;
      this.tell(type, detail);
    }

    tell(type, detail) {
      const target = this.opener?.isConnected ? this.opener : this;
      target.dispatchEvent(new CustomEvent(`meetslot:${type}`, { bubbles: true, composed: true, detail }));
      if (type !== "booked") return;
      window.dataLayer?.push({ event: "meetslot:booked", meetslot: { ...detail, guest: undefined } });
    }

    // --- popup and floating ---

    dress(dialog) {
      const close = () => dialog.close();
      make("button", this.box, { className: "close", textContent: "×", ariaLabel: shut, onclick: close });
      dialog.style.colorScheme = this.getAttribute("theme");
      // its own area is the backdrop alone; `false` would take the click from a link
      dialog.onclick = ({ target }) => target !== dialog || close();
      dialog.onclose = () => {
        this.removeAttribute("open");
        root.style.scrollbarGutter = "";
        if (this.done) this.clear();
        if (this.opener && !this.opener.isConnected) this.remove();
      };
    }

    open() {
      opened?.dialog?.close();
      opened = this;
      if (innerWidth > root.clientWidth) root.style.scrollbarGutter = "stable";
      this.setAttribute("open", "");
      this.dialog.showModal();
      if (!this.frame) this.start();
    }
  }

  // A link keeps its booking, so that what was typed survives; a call by script makes another one.
  const open = ({ prefill, ...wish }, opener) => {
    const booking = (opener.booking ||= document.createElement(tag));
    for (const name of attributes) {
      const value = wish[name.replace(/-./, (part) => part[1].toUpperCase())];
      if (value != null && value !== false) booking.setAttribute(name, value);
    }
    Object.assign(booking, { opener, prefill });
    booking.style.position = "fixed";
    if (!booking.isConnected) document.body.append(booking);
    booking.open();
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-meetslot]");
    if (!opener || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const [host, name] = opener.dataset.meetslot.split("/");
    open({ ...opener.dataset, host, event: name }, opener);
  });

  window.Meetslot = { open: (wish) => open(wish, {}), close: () => opened?.dialog?.close() };
  customElements.define(tag, Booking);
})();
