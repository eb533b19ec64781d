"""Foreign failures become azdock.errors here and nowhere else; text is matched only in this file.

SOURCE: learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors for the codes;
Azure/azure-cli _ssh_utils.py for the closing frame of exec.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from azdock import errors, wire

Body = Mapping[str, Any]

_NO_IMAGE = re.compile(
    r"MANIFEST_UNKNOWN|NAME_UNKNOWN|UNAUTHORIZED|DENIED|not found|pull access|manifest unknown", re.I
)
_IMAGE_FIELD = re.compile(r"\.image'? is invalid.*?Invalid value: \\?\"([^\"\\]+)", re.S)
_EXIT_CODE = re.compile(r"exit code (\d+), code: 0")
_MISSING_PROGRAM = re.compile(r"not found|no such file", re.I)
_NOT_STARTED = re.compile(r"unable to start container process: (.*?)(?:: unknown)?, error executing command", re.S)
_QUOTA = ("Quota", "MaxNumberOf")
_RETRY_LATER = frozenset({"ContainerAppOperationInProgress", "TooManyRequests", "SubscriptionRequestsThrottled"})
LOGIN_HINT = "log in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"


def parse(text: str) -> tuple[str, str]:
    """Code and message of an ARM or data-plane error envelope; ("", text) when it is neither."""
    try:
        body = json.loads(text)
    except ValueError:
        return "", text.strip()
    return of_envelope(body) if isinstance(body, dict) else ("", text.strip())


def of_envelope(body: Body) -> tuple[str, str]:
    """Code and message of {"error": {...}}, {"Error": {...}} or the error object itself."""
    inner = body.get("error") or body.get("Error") or body
    if not isinstance(inner, dict):
        return str(inner), str(body.get("error_description", ""))
    code = str(inner.get("code") or inner.get("Code") or "")
    message = str(inner.get("message") or inner.get("Message") or "")
    while isinstance(deeper := inner.get("innererror"), dict):
        inner = deeper
        if inner.get("message"):
            message = f"{message.rstrip('.')}: {inner['message']}" if message else str(inner["message"])
    return code, message


def failure(status: int, code: str, message: str, request_id: str = "") -> errors.AzdockError:
    """The error for an HTTP status with Azure's code and message."""
    text = f"{message or f'HTTP {status}'} ({code})" if code else message or f"HTTP {status}"
    if (image := _IMAGE_FIELD.search(message)) and _NO_IMAGE.search(message):
        return errors.NoSuchImage(text, hint=f"check the name and the registry of {image[1]}")
    if status == 401:
        return errors.NotLoggedIn(text, hint=LOGIN_HINT)
    if any(word in code for word in _QUOTA):
        return errors.QuotaExceeded(text, status=status, error_code=code, request_id=request_id)
    if status == 403:
        return errors.Forbidden(text)
    if status == 404:
        return errors.NotFound(text)
    if status == 429:
        return errors.Throttled(text, status=status, error_code=code, request_id=request_id)
    return errors.AzureFailure(text, status=status, error_code=code, request_id=request_id)


def of_response(status: int, text: str, headers: Mapping[str, str]) -> errors.AzdockError:
    """The error for a refused HTTP answer whose body has been read."""
    code, message = parse(text)
    return failure(status, code, message, headers.get(wire.REQUEST_ID, ""))


def of_operation(body: Body, request_id: str = "") -> errors.AzdockError:
    """The error of a long-running operation that ended in Failed or Canceled."""
    inner = body.get("error")
    code, message = of_envelope(body) if inner else ("", f"the operation ended in {body.get('status')}")
    found = failure(200, code, message, request_id)
    if isinstance(found, errors.NoSuchImage | errors.QuotaExceeded):
        return found
    text = f"{message} ({code})" if code else message
    return errors.ProvisioningFailed(text, status=200, error_code=code, request_id=request_id)


def unreachable(url: str, cause: BaseException) -> errors.Unreachable:
    """No connection, or one that broke."""
    local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    hint = "azdock emulator status" if local else "azdock context show"
    return errors.Unreachable(f"no answer from {url}: {str(cause) or type(cause).__name__}", hint=hint)


def of_sdk(cause: Exception) -> errors.AzdockError:
    """Translate an azure-core or azure-identity exception."""
    status = int(getattr(cause, "status_code", None) or 0)
    response = getattr(cause, "response", None)
    if type(cause).__name__ in ("ClientAuthenticationError", "CredentialUnavailableError") and status in (0, 401):
        return errors.NotLoggedIn(str(getattr(cause, "message", cause)), hint=LOGIN_HINT)
    if response is None or status == 0:
        return unreachable("Azure", cause)
    request_id = response.headers.get(wire.REQUEST_ID, "")
    inner = getattr(cause, "error", None)
    try:
        code, message = parse(response.text())
    except Exception:  # the SDK may have let go of the body; its own text is all that is left
        code, message = "", ""
    if status < 400:
        code = code or str(getattr(inner, "code", "") or "")
        message = message if code and message else str(getattr(inner, "message", "") or cause)
        return of_operation({"error": {"code": code, "message": message}}, request_id)
    return failure(status, code, message or str(cause), request_id)


def of_storage(cause: Exception, path: str) -> errors.AzdockError:
    """Translate an exception of azure-storage-file-share about the file or folder `path` of a share."""
    status = int(getattr(cause, "status_code", None) or 0)
    if getattr(cause, "response", None) is None or status == 0:
        return unreachable("the file share", cause)
    code = getattr(cause, "error_code", None) or ""
    # the further lines repeat the request
    said = (str(getattr(cause, "message", "") or cause).splitlines() or [""])[0]
    headers = cause.response.headers  # type: ignore[attr-defined]
    text = f"{path or '/'}: {said}" + (f" ({getattr(code, 'value', code)})" if code else "")
    return errors.AzureFailure(
        text, status=status, error_code=str(getattr(code, "value", code)), request_id=headers.get(wire.REQUEST_ID, "")
    )


def is_busy(status: int, code: str) -> bool:
    """True for an answer that Azure wants repeated later."""
    return status == 429 or (status == 409 and code in _RETRY_LATER)


def exec_exit_code(text: str) -> int | None:
    """The command's exit code in the ERROR frame that closes an exec; None when the frame is about something else."""
    found = _EXIT_CODE.search(parse(text)[1] or text)
    return int(found[1]) if found else None


def of_exec_frame(text: str) -> errors.AzdockError:
    """The error of an ERROR frame that carries no exit code; a program that could not be started has its own."""
    code, message = parse(text)
    if found := _NOT_STARTED.search(message):
        kind = errors.CommandNotFound if _MISSING_PROGRAM.search(found[1]) else errors.CannotInvoke
        return kind(f"exec failed: unable to start container process: {found[1]}")
    return errors.AzureFailure(f"exec failed: {message or text}" + (f" ({code})" if code else ""), error_code=code)


def invocation_code(information: str) -> int | None:
    """126 or 127 when a container's additionalInformation says that its program could not be started."""
    if not information.startswith("ContainerCreateFailure"):
        return None
    return 127 if _MISSING_PROGRAM.search(information) else 126


def is_missing_table(text: str) -> bool:
    """True when Log Analytics does not know the table (yet)."""
    return "SEM0100" in text or "Failed to resolve table" in text


def without_code(text: str) -> str:
    """A message without Azure's code at its end."""
    return re.sub(r" \(\w+\)$", "", text)
