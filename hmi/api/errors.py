"""One shape for every error: `{"error": {"code", "message", "problems"?}}`."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from scada.ports import BusError

log = logging.getLogger(__name__)

_CODES = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "not-json"}


class ApiError(Exception):
    """A request that is refused; `code` is stable, `message` is for people."""

    def __init__(
        self, status: int, code: str, message: str, problems: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.problems = problems


def error_body(
    code: str, message: str, problems: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The JSON of an error."""
    error: dict[str, Any] = {"code": code, "message": message}
    if problems:
        error["problems"] = problems
    return {"error": error}


def install_error_handlers(app: FastAPI) -> None:
    """Make every failure of `app` answer in the one shape."""

    @app.exception_handler(ApiError)
    async def _api(_request: Request, error: ApiError) -> JSONResponse:
        return JSONResponse(error_body(error.code, error.message, error.problems), error.status)

    @app.exception_handler(BusError)
    async def _bus(_request: Request, error: BusError) -> JSONResponse:
        return JSONResponse(error_body("unavailable", str(error)), 503)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [
            {
                "field": ".".join(_short(part) for part in fault["loc"] if part != "body"),
                "found": _found(fault),
                "expected": str(fault["msg"]),
            }
            for fault in (dict(e) for e in error.errors())
        ]
        return JSONResponse(
            error_body("invalid", f"{len(problems)} fault(s) in the request", problems), 422
        )

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        code = _CODES.get(error.status_code, "refused")
        return JSONResponse(
            error_body(code, str(error.detail)), error.status_code, headers=error.headers
        )

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return JSONResponse(error_body("internal", "an internal error; see the log"), 500)


SECRET_FIELDS = ("password", "new_password", "token")


def _found(fault: dict[str, Any]) -> str:
    """What was found, but never a secret: an answer may end in somebody's log."""
    if fault["type"] == "missing":
        return "nothing"
    if fault["loc"][-1] in SECRET_FIELDS:
        return "***"
    value = fault.get("input")
    return type(value).__name__ if isinstance(value, dict | list) else _short(value)


def _short(value: object) -> str:
    # JSON may carry half a surrogate pair, which no answer can.
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= 100 else text[:100] + "..."
