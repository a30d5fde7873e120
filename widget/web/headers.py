"""What every response carries."""

from __future__ import annotations

from flask import Response, g, request

from widget.web import audience, service
from widget.web.audience import Audience

POLICY = (
    "default-src 'none'; script-src 'self'; style-src %s; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
#: A site that isolates itself (COEP require-corp) can only frame pages that agree to it.
FRAMED = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
#: CORS: scripts of any site may ask what programs may, since nothing of that rests on a cookie.
OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After, Age"}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": (
        "Content-Type, Idempotency-Key, MCP-Protocol-Version, Mcp-Method, Mcp-Name"
    ),
    "Access-Control-Max-Age": "86400",
}


def protect(response: Response) -> Response:
    """An answer that is sent again has them already."""
    if response.headers.get("ETag") and "Content-Security-Policy" in response.headers:
        return response
    framed = audience.current().framed
    # No word of ancestors lets every page in; `*` would not, if it is a file or sandboxed.
    ancestors = g.get("frame_ancestors", None if framed else "'none'")
    policy = POLICY % " ".join(("'self'", *filter(None, (g.get("style_source"),))))
    policy = f"{policy}; frame-ancestors {ancestors}" if ancestors else policy
    headers = {"Content-Security-Policy": policy, **HEADERS, **(FRAMED if framed else {})}
    if audience.current() is Audience.PROGRAM:
        headers |= OPEN | (PREFLIGHT if request.method == "OPTIONS" else {})
    if response.mimetype in ("text/javascript", "text/css"):  # no pages
        headers = {"X-Content-Type-Options": "nosniff"}
    elif audience.current() is Audience.HOST:
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    if service.config().secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
