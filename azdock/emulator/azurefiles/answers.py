"""XML answers and the size of their pages."""

from __future__ import annotations

from starlette.responses import Response

from azdock.emulator.azurefiles import errors
from azdock.emulator.azurefiles.call import Call

FULL_PAGE = 5000  # learn.microsoft.com/rest/api/storageservices/list-directories-and-files


def xml(document: bytes) -> Response:
    """An XML document as an answer."""
    return Response(document, media_type="application/xml")


def page_size(call: Call) -> int:
    """How many entries the answer may have. Raises FilesError."""
    given = call.query.get("maxresults", "")
    if not given:
        return FULL_PAGE
    if not given.isascii() or not given.isdigit():
        raise errors.bad_query("maxresults", given)
    if not 1 <= int(given) <= FULL_PAGE:
        code = "OutOfRangeQueryParameterValue"
        raise errors.FilesError(400, code, f"maxresults={given} is not between 1 and {FULL_PAGE}.")
    return int(given)
