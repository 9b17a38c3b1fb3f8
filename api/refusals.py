"""Refusals that only an HTTP door can have: about the request itself, before any rule is asked."""

from domain.errors import TesseraError


class InvalidJson(TesseraError):
    """The body is not JSON that everybody reads alike; `line` and `column` say where."""

    code = "invalid_json"


class UnsupportedMediaType(TesseraError):
    """The body is of another type than the route takes."""

    code = "unsupported_media_type"


class MethodNotAllowed(TesseraError):
    """The path exists, but not with this method."""

    code = "method_not_allowed"


class CrossSite(TesseraError):
    """A page of another site let a browser send this, without any key of its own."""

    code = "cross_site"


class ForeignHost(TesseraError):
    """The request names a host that is not this server's, where nobody needs a key."""

    code = "foreign_host"


class RateLimited(TesseraError):
    """Too many requests of one caller; `retry_after` says when the next one may come."""

    code = "rate_limited"


class SlowBody(TesseraError):
    """The body did not come within its time."""

    code = "slow_body"


class ProviderUnavailable(TesseraError):
    """The identity provider does not answer, or not as the protocol says."""

    code = "provider_unavailable"
