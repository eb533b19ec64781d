"""What is wrong with a query."""

from __future__ import annotations

from typing import Any


class QueryError(Exception):
    """A query that cannot be run. `code` is Kusto's (SYN0002, SEM0100 ...), `kind` SyntaxError or SemanticError."""

    kind = "SemanticError"
    summary = "A semantic error occurred."

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details  # line, pos, token


class BadSyntax(QueryError):
    """Text that is not Kusto."""

    kind = "SyntaxError"
    summary = "A recognition error occurred in the query."


def unresolved_table(name: str) -> QueryError:
    """A table that does not exist (yet)."""
    return QueryError("SEM0100", f"'where' operator: Failed to resolve table or column expression named '{name}'")


def unresolved_column(name: str) -> QueryError:
    """A column that the rows at this point do not have."""
    return QueryError("SEM0100", f"Failed to resolve column or scalar expression named '{name}'")
