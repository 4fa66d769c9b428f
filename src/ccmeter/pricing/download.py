"""The only connection that ccmeter ever opens, and only for `ccmeter prices refresh`.

One request to one address, over HTTPS, through the proxy of the environment where there is one.
It tells ccmeter's version and nothing of the user: no cookies, no credentials, no query.
"""

import time
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ccmeter.errors import CcmeterError
from ccmeter.version import version

ADDRESS = (
    "https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main"
    "/prices/new_data/v2/data.json"
)
LARGEST = 8 << 20  # bytes; the list has half a megabyte
PATIENCE_S = 10.0  # with silence
WHOLE_S = 60.0
_CHUNK = 1 << 16


class _Stay(HTTPRedirectHandler):
    """Follows nobody to another address."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Return no request: the redirect is an error."""


def download() -> bytes:
    """Return the published price list.

    CcmeterError when it cannot be had, in one line with what to do.
    """
    request = Request(ADDRESS, headers={"User-Agent": f"ccmeter/{version()}"})
    ends = time.monotonic() + WHOLE_S
    try:
        with build_opener(_Stay).open(request, timeout=PATIENCE_S) as answer:
            found = bytearray()
            while chunk := answer.read1(_CHUNK):
                found += chunk
                if len(found) > LARGEST:
                    raise _failed(f"the answer is larger than {LARGEST >> 20} MB")
                if time.monotonic() > ends:
                    raise _failed(f"it takes longer than {WHOLE_S:.0f} s")
            if answer.length:
                raise _failed("the connection broke off")
    except HTTPError as error:
        error.close()
        raise _failed(f"the answer is {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise _failed(_reason(error)) from error
    return bytes(found)


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    said = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return " ".join(str(said).split())[:200]


def _failed(why: str) -> CcmeterError:
    host = urlsplit(ADDRESS).hostname
    return CcmeterError(
        f"cannot fetch prices from {host}: {why}. Is there a network, or a proxy to name in"
        " https_proxy? Nothing was changed. A price of your own: ccmeter prices set MODEL"
    )
