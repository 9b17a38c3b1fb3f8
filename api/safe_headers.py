"""The headers that every answer has, so that a browser does nothing with it that we do not mean.

After OWASP's cheat sheets on REST security and on HTTP headers. `Referrer-Policy` is not the
stricter `no-referrer`: with that a browser hides its own site in `Origin`, by which forms are
checked.
"""

from collections.abc import Iterable

RawHeaders = list[tuple[bytes, bytes]]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FEATURES = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
    *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection"),
    *("magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock"),
    *("serial", "usb", "xr-spatial-tracking"),
)
"""What browsers offer to pages and ours never use; only what they know, or they complain."""
SAFE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Cache-Control": "no-store",
}
ONLY_ENCRYPTED = {"Strict-Transport-Security": "max-age=31536000"}
"""A year. Without `includeSubDomains`: names below ours may be somebody else's."""


def safe_headers(public_url: str) -> RawHeaders:
    """Return them as they are sent by a server that people reach at this address."""
    headers = SAFE_HEADERS
    if public_url.startswith("https://"):
        headers = headers | ONLY_ENCRYPTED
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def complete(headers: Iterable[tuple[bytes, bytes]], safe: RawHeaders) -> RawHeaders:
    """Return an answer's headers with those that it does not set itself."""
    there = list(headers)
    names = {name.lower() for name, _ in there}
    there += [header for header in safe if header[0] not in names]
    return there
