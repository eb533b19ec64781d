"""Every error azdock raises on purpose, with the exit code docker would have used.

AzdockError
  UsageError                  a malformed or unknown flag                      125
  ArgumentCount  UnknownVerb                                                     1
  NotFound  NoSuchImage  Conflict  NotRunning
  Unsupported                 a Gap marked refuse                              125
  NotLoggedIn  Forbidden
  AzureFailure
    Throttled  QuotaExceeded  ProvisioningFailed  Unreachable
  StateLocked  StateCorrupt
  CannotInvoke                                                                 126
  CommandNotFound                                                              127
Exited                        not a failure: the container's own code
"""

from __future__ import annotations


class AzdockError(Exception):
    """A failure the user or Azure caused, worded for the user.

    `code` is the process exit code; None means the verb's own failure code (125 for run and create,
    1 otherwise), as docker does. `hint` is one sentence naming the next command to type.
    """

    code: int | None = None

    def __init__(self, message: str, hint: str = "", code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code


class UsageError(AzdockError):
    """An unknown or malformed flag. docker answers with 125 and points at --help."""

    code = 125


class ArgumentCount(AzdockError):
    """Too few or too many arguments. docker answers with 1 and the usage line."""

    code = 1


class UnknownVerb(AzdockError):
    """A command that does not exist."""

    code = 1


class DaemonError(AzdockError):
    """What docker prints as `Error response from daemon: ...`; azdock names Azure instead."""


class NotFound(DaemonError):
    """No such container, context, ... in azdock's or Azure's books."""


class NoSuchImage(NotFound):
    """The image reference names nothing that can be run."""


class Conflict(DaemonError):
    """A name that is taken, or a container in the wrong state for the request."""


class NotRunning(DaemonError):
    """The container exists but does not run."""


class Unsupported(AzdockError):
    """Azure cannot do this; names the flag, the reason and the alternative. Nothing was created."""

    code = 125


class NotLoggedIn(AzdockError):
    """No credential that Azure accepts."""


class Forbidden(DaemonError):
    """Azure knows the caller but does not allow the action."""


class AzureFailure(DaemonError):
    """Azure refused or failed: HTTP `status` (0: none), Azure's `error_code`, and the `request_id`."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        code: int | None = None,
        *,
        status: int = 0,
        error_code: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message, hint, code)
        self.status = status
        self.error_code = error_code
        self.request_id = request_id


class Throttled(AzureFailure):
    """429, after the waiting azdock was willing to do."""


class QuotaExceeded(AzureFailure):
    """A quota of the subscription or environment is used up."""


class ProvisioningFailed(AzureFailure):
    """A long-running operation ended in Failed or Canceled."""


class Unreachable(AzureFailure):
    """No connection to Azure or to the embedded Azure."""


class StateLocked(AzdockError):
    """Another azdock holds the state file and does not let go."""


class StateCorrupt(AzdockError):
    """A state file that cannot be read and cannot be rebuilt."""


class CannotInvoke(DaemonError):
    """The container's command exists but cannot be executed."""

    code = 126


class CommandNotFound(DaemonError):
    """The container's command does not exist."""

    code = 127


class Exited(Exception):
    """The container's own exit code; not a failure, nothing is printed."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
