"""One function per error of the file service; codes, statuses and texts are Azure's.

Source: learn.microsoft.com/rest/api/storageservices/file-service-error-codes and common-rest-api-error-codes
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from xml.sax.saxutils import escape

# what the operating system says -> what Azure says of it; anything else is a bug of the emulator
OF_SYSTEM = {
    errno.EACCES: (403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation."),
    errno.EPERM: (403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation."),
    errno.ENAMETOOLONG: (400, "InvalidResourceName", "The specified resource name is too long."),
    errno.EINVAL: (400, "InvalidResourceName", "The specified resource name contains invalid characters."),
    errno.ENOENT: (404, "ResourceNotFound", "The specified resource does not exist."),
    errno.ENOTEMPTY: (409, "DirectoryNotEmpty", "The specified directory is not empty."),
    errno.ETXTBSY: (409, "SharingViolation", "The specified resource is in use by a program that runs from it."),
    errno.EBUSY: (409, "SharingViolation", "The specified resource may be in use by an SMB client."),
    errno.ENOSPC: (507, "InsufficientStorage", "The disk of the embedded Azure is full."),
    errno.EDQUOT: (507, "InsufficientStorage", "The disk of the embedded Azure is full."),
}


class FilesError(Exception):
    """An answer other than success; `headers` are added to the response."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = {"x-ms-error-code": code, **(headers or {})}

    def body(self, request_id: str, time: str) -> bytes:
        """The document that carries it, ended as Azure ends its messages."""
        text = escape(f"{self.message}\nRequestId:{request_id}\nTime:{time}")
        error = f"<Error><Code>{self.code}</Code><Message>{text}</Message></Error>"
        return f'<?xml version="1.0" encoding="utf-8"?>{error}'.encode()


def of_system(failure: OSError) -> FilesError:
    """What the operating system refused, in Azure's words. Raises the failure itself when there are none for it."""
    found = OF_SYSTEM.get(failure.errno or 0)
    if found is None:
        raise failure
    return FilesError(*found)


def not_served(what: str) -> FilesError:
    """An operation that this Azure does not have."""
    return FilesError(501, "NotImplemented", f"The embedded Azure does not serve {what}.")


def no_share() -> FilesError:
    """A share that does not exist."""
    return FilesError(404, "ShareNotFound", "The specified share does not exist.")


def share_exists() -> FilesError:
    """A share that was made before."""
    return FilesError(409, "ShareAlreadyExists", "The specified share already exists.")


def not_found() -> FilesError:
    """A file or directory that does not exist."""
    return FilesError(404, "ResourceNotFound", "The specified resource does not exist.")


def no_parent() -> FilesError:
    """A path whose folder does not exist, or is none."""
    return FilesError(404, "ParentNotFound", "The specified parent path does not exist.")


def exists() -> FilesError:
    """A directory that is to be made, or a target of a rename, that is there already."""
    return FilesError(409, "ResourceAlreadyExists", "The specified resource already exists.")


def wrong_type() -> FilesError:
    """A file where a directory is meant, or the other way round."""
    return FilesError(
        409, "ResourceTypeMismatch", "The specified resource type does not match the type of the existing resource."
    )


def bad_path() -> FilesError:
    """A path that no file can have."""
    return FilesError(
        400,
        "InvalidFileOrDirectoryPathName",
        "The specified file or directory path name is invalid or includes not supported characters for the endpoint.",
    )


def bad_header(name: str, value: str) -> FilesError:
    """A header that cannot be understood."""
    return FilesError(
        400,
        "InvalidHeaderValue",
        f"The value for one of the HTTP headers is not in the correct format: {name}: {value}",
    )


def missing_header(name: str) -> FilesError:
    """A header without which the call makes no sense."""
    return FilesError(
        400, "MissingRequiredHeader", f"An HTTP header that's mandatory for this request is not specified: {name}"
    )


def bad_query(name: str, value: str) -> FilesError:
    """A query parameter that cannot be understood."""
    return FilesError(
        400,
        "InvalidQueryParameterValue",
        f"Value for one of the query parameters specified in the request URI is invalid: {name}={value}",
    )


def bad_range() -> FilesError:
    """Bytes that a file does not have."""
    return FilesError(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")


def too_large(limit: int) -> FilesError:
    """A body beyond what one call may carry, in bytes."""
    return FilesError(
        413,
        "RequestBodyTooLarge",
        f"The request body is too large and exceeds the maximum permissible limit ({limit}).",
    )


def wrong_md5() -> FilesError:
    """A body that is not what its hash says."""
    return FilesError(
        400,
        "Md5Mismatch",
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
    )


def bad_metadata() -> FilesError:
    """Metadata that Azure does not keep."""
    return FilesError(
        400, "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted."
    )


def no_attributes() -> FilesError:
    """Properties that the file system of the emulator's home cannot keep."""
    return FilesError(
        501,
        "NotImplemented",
        "The embedded Azure keeps metadata and properties of files in extended attributes, which the file system of "
        "its home does not have.",
    )


def unauthenticated(tenant: str) -> FilesError:
    """No Authorization header."""
    challenge = (
        f"Bearer authorization_uri=https://login.microsoftonline.com/{tenant}/oauth2/authorize "
        "resource_id=https://storage.azure.com"
    )
    return FilesError(
        401,
        "NoAuthenticationInformation",
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
        {"WWW-Authenticate": challenge},
    )


def refused(why: str, code: str = "AuthenticationFailed") -> FilesError:
    """An Authorization header that opens nothing."""
    return FilesError(
        403,
        code,
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        f"including the signature. {why}",
    )


def no_account(name: str) -> FilesError:
    """A host that would not resolve in the real Azure."""
    return FilesError(404, "AccountNotFound", f"The embedded Azure has no storage account named {name}.")
