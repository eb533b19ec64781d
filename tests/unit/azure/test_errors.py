"""Foreign failures become azdock's errors, with Azure's words."""

from __future__ import annotations

import json

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError

from azdock import errors
from azdock.azure import errors as translate

IMAGE = (
    "The following field(s) are either invalid or missing. Field 'template.containers.main.image' is invalid with "
    "details: 'Invalid value: \"work/missing:1\": GET https:: MANIFEST_UNKNOWN: manifest unknown';."
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"error": {"code": "C", "message": "M"}}', ("C", "M")),
        ('{"Error": {"Code": "C", "Message": "M"}}', ("C", "M")),
        ('{"code": "C", "message": "M"}', ("C", "M")),
        ('{"error": {"code": "C", "message": "M.", "innererror": {"innererror": {"message": "deep"}}}}',
         ("C", "M: deep")),
        ('{"error": "invalid_client", "error_description": "d"}', ("invalid_client", "d")),
        ("<html>", ("", "<html>")),
        ("[1]", ("", "[1]")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_envelopes(text: str, found: tuple[str, str]) -> None:
    """Whatever shape a refusal has, its code and message come out."""
    assert translate.parse(text) == found


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, "ContainerAppInvalidParameter", IMAGE, errors.NoSuchImage),
        (400, "InvalidRequestContent", "m", errors.AzureFailure),
        (401, "InvalidAuthenticationToken", "m", errors.NotLoggedIn),
        (403, "AuthorizationFailed", "m", errors.Forbidden),
        (403, "QuotaExceeded", "m", errors.QuotaExceeded),
        (400, "MaxNumberOfJobsExceeded", "m", errors.QuotaExceeded),
        (404, "ResourceNotFound", "m", errors.NotFound),
        (429, "TooManyRequests", "m", errors.Throttled),
        (409, "Conflict", "m", errors.AzureFailure),
        (500, "", "", errors.AzureFailure),
    ],
)
def test_statuses(status: int, code: str, message: str, kind: type[errors.AzdockError]) -> None:
    """Each status and code has its error; Azure's message and code are in the text."""
    found = translate.failure(status, code, message, "r1")
    assert type(found) is kind
    assert message in found.message and code in found.message
    if isinstance(found, errors.AzureFailure):
        assert (found.status, found.error_code, found.request_id) == (status, code, "r1")


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("Oops", "it broke", errors.ProvisioningFailed),
        ("X", IMAGE, errors.NoSuchImage),
        ("ManagedEnvironmentQuotaExceeded", "m", errors.QuotaExceeded),
    ],
)
def test_operations(code: str, message: str, kind: type[errors.AzdockError]) -> None:
    """An operation that failed after a good start tells as much as one refused at once."""
    assert type(translate.of_operation({"status": "Failed", "error": {"code": code, "message": message}})) is kind


def test_operation_without_words() -> None:
    """A failure without an error object still says what happened."""
    assert "ended in Canceled" in translate.of_operation({"status": "Canceled"}).message


class Response:
    """As much of an azure-core response as the translation needs."""

    def __init__(self, status: int, text: str) -> None:
        self.status_code, self._text = status, text
        self.headers = {"x-ms-request-id": "r1"}
        self.reason = "why"

    def text(self, encoding: str = "") -> str:
        return self._text


def refused(status: int, code: str) -> HttpResponseError:
    body = json.dumps({"error": {"code": code, "message": "m"}})
    failed = HttpResponseError("failed", response=Response(status, body))  # type: ignore[arg-type]
    failed.status_code = status
    return failed


@pytest.mark.parametrize(
    ("cause", "kind", "text"),
    [
        (refused(404, "ResourceNotFound"), errors.NotFound, "m (ResourceNotFound)"),
        (refused(403, "AuthorizationFailed"), errors.Forbidden, "m (AuthorizationFailed)"),
        (refused(200, "ContainerAppOperationError"), errors.ProvisioningFailed, "m (ContainerAppOperationError)"),
        (ServiceRequestError("refused"), errors.Unreachable, "no answer from Azure: refused"),
        (ClientAuthenticationError("no credential"), errors.NotLoggedIn, "no credential"),
    ],
)
def test_sdk(cause: Exception, kind: type[errors.AzdockError], text: str) -> None:
    """SDK exceptions are the same errors as those of the thin client."""
    found = translate.of_sdk(cause)
    assert (type(found), found.message) == (kind, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"Error":{"Code":"ClusterExecFailure","Message":"x, exit code 137, code: 0."}}', 137),
        ('{"Error":{"Code":"ClusterExecFailure","Message":"exit code 2 is printed, code: 500."}}', None),
        ("garbage", None),
    ],
)
def test_exec_exit_codes(text: str, code: int | None) -> None:
    """Only the closing frame of a command has an exit code."""
    assert translate.exec_exit_code(text) == code


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('exec: "x": executable file not found in $PATH', errors.CommandNotFound),
        ('exec: "/x": stat /x: no such file or directory', errors.CommandNotFound),
        ('exec: "/etc": permission denied', errors.CannotInvoke),
    ],
)
def test_exec_that_did_not_start(words: str, kind: type[errors.AzdockError]) -> None:
    """A program that does not exist or may not run is docker's 127 or 126, without Azure's frame around the words."""
    message = (
        "Cluster exec API returns error: OCI runtime exec failed: exec failed: unable to start container process: "
        f"{words}: unknown, error executing command [x], code: 500."
    )
    found = translate.of_exec_frame(json.dumps({"Error": {"Code": "ClusterExecFailure", "Message": message}}))
    assert type(found) is kind
    assert found.message == f"exec failed: unable to start container process: {words}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ContainerCreateFailure: x: not found", 127),
        ("ContainerCreateFailure: denied", 126),
        ("Error: not found", None),
    ],
)
def test_invocation(text: str, code: int | None) -> None:
    """Only a container that could not be created has docker's code for that."""
    assert translate.invocation_code(text) == code


def test_text_without_code() -> None:
    """Docker's sentences do not end in Azure's code."""
    assert translate.without_code("No such image: x (NOT_FOUND)") == "No such image: x"
    assert translate.without_code("a (b c)") == "a (b c)"
