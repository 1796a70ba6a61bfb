"""A log line says what happened and where, never to whom or with which value."""

import json
import logging
import sys
from typing import Any

import pytest

from config.logs import JsonFormatter, Name, current_request_id

SECRET = "rose@example.org"


def line(
    message: object, *args: object, error: BaseException | None = None, logger: str = "hedgerow"
) -> dict[str, Any]:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(logger, logging.INFO, __file__, 1, message, args, exc_info)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def broken(value: str) -> None:
    raise ValueError(f"no such member: {value}")


def caught(value: str) -> BaseException:
    try:
        try:
            broken(value)
        except ValueError as error:
            raise RuntimeError(value) from error
    except RuntimeError as error:
        return error


@pytest.mark.parametrize("args", [(SECRET,), ({"address": SECRET},), ([SECRET],), (ValueError(SECRET),)])
def test_an_argument_that_may_be_a_value_is_not_printed(args: tuple[object, ...]) -> None:
    assert SECRET not in json.dumps(line("wrote to %s", *args)["message"])


def test_mapped_arguments_are_hidden_too() -> None:
    assert line("wrote %(count)d to %(address)s", {"count": 3, "address": SECRET})["message"] == "wrote 3 to …"


def test_numbers_and_words_of_ours_are_printed() -> None:
    assert (
        line("purged %d rows of %s in %.1f s", 3, Name("sign-ins"), 0.25)["message"]
        == "purged 3 rows of sign-ins in 0.2 s"
    )


@pytest.mark.parametrize("message", ["%d rows", "%s and %s", "%(name)s"])
def test_a_message_that_does_not_fit_its_arguments_is_printed_as_it_stands(message: str) -> None:
    assert line(message, SECRET)["message"] == message


def test_an_exception_logged_as_message_is_named_only() -> None:
    assert line(ValueError(SECRET))["message"] == "ValueError"


def test_an_exception_shows_types_and_places_of_itself_and_its_cause() -> None:
    shown = line("failed", error=caught(SECRET))
    assert [one["type"] for one in shown["exception"]] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert shown["exception"][1]["at"][-1].startswith("tests/config/test_logs.py:")
    assert shown["exception"][1]["at"][-1].endswith(" broken")
    assert SECRET not in json.dumps(shown)


def test_a_message_that_is_the_text_of_an_exception_is_hidden() -> None:
    assert line(f"Invalid: {SECRET}", error=caught(SECRET))["message"] == "Invalid: …"


def test_an_exception_that_causes_itself_ends() -> None:
    error = caught(SECRET)
    error.__cause__.__cause__ = error  # type: ignore[union-attr]
    assert len(line("failed", error=error)["exception"]) == 2


def test_paths_do_not_say_where_we_are_installed() -> None:
    try:
        json.loads("{")
    except json.JSONDecodeError as error:
        shown = json.dumps(line("failed", error=error))
    assert sys.prefix not in shown


def test_a_line_carries_the_request_it_belongs_to() -> None:
    token = current_request_id.set("0123456789abcdef")
    try:
        assert line("hello")["request"] == "0123456789abcdef"
    finally:
        current_request_id.reset(token)
    assert "request" not in line("hello")


def test_extra_values_are_left_out() -> None:
    record = logging.makeLogRecord({"name": "hedgerow", "msg": "hello", "address": SECRET, "stack_info": SECRET})
    assert SECRET not in JsonFormatter().format(record)


@pytest.mark.parametrize("logger", ["gunicorn.error", "django.request", "root", "py.warnings", "configuration", ""])
def test_a_library_s_message_without_arguments_may_be_what_a_client_sent(logger: str) -> None:
    shown = line(f"Invalid request from ip=203.0.113.7: {SECRET}", logger=logger)
    assert (shown["logger"], shown["level"], shown["message"]) == (logger, "INFO", "…")


@pytest.mark.parametrize("logger", ["hedgerow.encryption", "notifications.delivery", "config.errors"])
def test_a_message_of_ours_is_printed(logger: str) -> None:
    assert line("a mail could not be sent", logger=logger)["message"] == "a mail could not be sent"
