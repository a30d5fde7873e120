// Meetslot: <meetslot-booking host="ana" event="intro"> becomes a booking widget.
(() => {
  "use strict";
  if (customElements.get("meetslot-booking")) return;
  const server = new URL(document.currentScript.src).origin;
  const passed = ["theme", "accent", "lang", "month", "date", "name", "email"];

  class Booking extends HTMLElement {
    static observedAttributes = ["host", "event", "tz", "hide-details", ...passed];

    connectedCallback() {
      if (!this.shadowRoot) {
        this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
        this.listen = (message) => this.heard(message);
      }
      addEventListener("message", this.listen);
      this.load();
    }

    disconnectedCallback() {
      removeEventListener("message", this.listen);
      this.frame?.remove();
      this.frame = null;
      this.show(false);
    }

    attributeChangedCallback(_name, old, now) {
      if (this.frame && old !== now) this.load();
    }

    // one change of several attributes loads once
    load() {
      if (this.waiting) return;
      this.waiting = true;
      queueMicrotask(() => {
        this.waiting = false;
        if (this.isConnected && this.getAttribute("host")) this.start();
      });
    }

    address() {
      const path = ["host", "event"].map((name) => this.getAttribute(name)).filter(Boolean);
      const url = new URL(`/book/${path.map(encodeURIComponent).join("/")}`, server);
      new URLSearchParams(location.search).forEach((value, name) => {
        if (name.startsWith("utm_")) url.searchParams.set(name, value);
      });
      for (const name of passed) {
        if (this.hasAttribute(name)) url.searchParams.set(name, this.getAttribute(name));
      }
      const zone = this.getAttribute("tz") || Intl.DateTimeFormat().resolvedOptions().timeZone;
      if (zone) url.searchParams.set("tz", zone);
      if (this.hasAttribute("hide-details")) url.searchParams.set("hide_details", "1");
      return url.href;
    }

    start() {
      const frame = document.createElement("iframe");
      frame.title = this.getAttribute("title") || this.textContent.trim() || "Meetslot";
      // inline, by CSSOM: no page's style sheet or CSP can get in between
      const style = "display:block;width:100%;min-width:0;border:0;margin:0;padding:0;color-scheme:normal;height:0;visibility:hidden;position:absolute";
      frame.style.cssText = style;
      frame.addEventListener("load", () => this.send("hello"));
      frame.src = this.address();
      this.frame?.remove();
      this.frame = frame;
      this.height = 0;
      this.show(false);
      this.shadowRoot.append(frame);
    }

    send(type) {
      this.frame?.contentWindow?.postMessage({ source: "meetslot", type }, server);
    }

    show(ready) {
      const own = this.shadowRoot?.querySelector("slot");
      if (own) own.hidden = ready;
      if (own) own.style.display = ready ? "none" : "";
      this.style.display ||= "block";
      if (!this.frame || !ready) return;
      this.frame.style.position = "static";
      this.frame.style.visibility = "visible";
    }

    heard({ origin, source, data }) {
      if (origin !== server || !this.frame || source !== this.frame.contentWindow) return;
      if (data?.source !== "meetslot") return;
      const { source: _source, type, ...detail } = data;
      if (type === "ready") {
        if (this.ready === this.frame) return;
        this.ready = this.frame;
        this.send("hello");
        if (!this.height) this.frame.style.height = "600px";
        this.show(true);
      }
      if (type === "resize") {
        this.height = detail.height;
        this.frame.style.height = `${detail.height}px`;
      }
      if (type === "step") {
        const { top } = this.getBoundingClientRect();
        if (top < 0) this.scrollIntoView({ block: "start" });
        return;
      }
      if (/^(ready|resize|slot|submitting|booked)$/.test(type)) {
        this.dispatchEvent(new CustomEvent(`meetslot:${type}`, { bubbles: true, composed: true, detail }));
      }
    }
  }

  customElements.define("meetslot-booking", Booking);
})();
