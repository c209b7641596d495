"""httpbin as it comes, on a newer Werkzeug than it was written for."""

import werkzeug.http
from werkzeug.datastructures import Authorization

if not hasattr(werkzeug.http, "parse_authorization_header"):
    werkzeug.http.parse_authorization_header = Authorization.from_header

from httpbin import app  # noqa: E402

__all__ = ["app"]
