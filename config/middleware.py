"""What happens to every request, whichever page it asks for."""

import logging
import secrets
from collections.abc import Callable, Iterable
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.cache import patch_cache_control, patch_vary_headers

from config.charsets import is_utf8
from config.errors import bad_request, method_not_allowed
from config.logs import current_request_id

logger = logging.getLogger(__name__)

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")
GetResponse = Callable[[HttpRequest], HttpResponse]


class NumberedRequest(HttpRequest):
    """A request after ``request_id`` has seen it."""

    id: str


def request_id(get_response: GetResponse) -> GetResponse:
    """Give every request a random id: ``request.id``, in the log lines it causes, and in the answer.

    An id sent by the client is ignored: it could be made to collide with, or to mark, somebody else's.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        number = secrets.token_hex(8)
        cast("NumberedRequest", request).id = number
        token = current_request_id.set(number)
        try:
            response = get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-ID"] = number
        return response

    return middleware


class refuse_unreadable_input:  # noqa: N801 - named as the function it would be, were it not for process_view
    """Answer 400 to a path, query or form that holds NUL or is not UTF-8, before a view or a database meets it.

    The database would refuse such text with an error that no page expects.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if has_readable_address(request) else bad_request(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Look at forms at the last moment, also where no token is asked for: the page of an error reads them too."""
        if request.method != "POST":
            return None
        return None if has_readable_form(request) else bad_request(request)


def has_readable_address(request: HttpRequest) -> bool:
    """Tell whether path and query are text, as they were sent and as Django has decoded them."""
    if not is_utf8(request.META.get("CONTENT_TYPE", "")):
        return False
    # Django has decoded the path already, and left what was not UTF-8 as %XX.
    query = request.META.get("QUERY_STRING", "").encode("latin-1", errors="replace")
    if not (is_readable(unquote_to_bytes(request.path_info)) and is_readable(unquote_to_bytes(query))):
        return False
    return all(is_text(text) for name, values in request.GET.lists() for text in (name, *values))


class refuse_what_no_column_holds:  # noqa: N801 - named as the function it would be, were it not for process_exception
    """Answer 400 to a number larger than any column, which SQLite and PostgreSQL refuse each in its own way.

    Nothing is written: the error has left every transaction of the view by now. It is logged, should it be ours.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OverflowError | DataError):
            return None
        logger.warning("a value that no column holds", exc_info=exception)
        return bad_request(request)


def wrong_methods_get_a_page(get_response: GetResponse) -> GetResponse:
    """Give a 405 our page: Django's is blank. Status and ``Allow`` stay."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or response.content:
            return response
        page = method_not_allowed(request)
        page["Allow"] = response.get("Allow", "")
        return page

    return middleware


def is_readable(sent: bytes) -> bool:
    """Tell whether ``sent`` is UTF-8 (which has no lone surrogates) without NUL."""
    if b"\0" in sent:
        return False
    try:
        sent.decode()
    except UnicodeDecodeError:
        return False
    return True


def has_readable_form(request: HttpRequest) -> bool:
    """Tell whether all text of a form is text. Other kinds of body are left alone, unread."""
    if request.content_type not in FORMS:
        return True
    try:
        if request.content_type == FORMS[0] and not is_readable(unquote_to_bytes(request.body)):
            return False
        return all(map(is_text, form_texts(request)))
    except (UnreadablePostError, LookupError, UnicodeError):
        # The parts of a form may name charsets as well, for the name of a file.
        return False


def form_texts(request: HttpRequest) -> Iterable[str]:
    for name, values in request.POST.lists():
        yield name
        yield from values
    for name, files in request.FILES.lists():
        yield name
        yield from (file.name or "" for file in files)


def is_text(value: str) -> bool:
    """Refuse NUL, lone surrogates, and the mark that decoding leaves for bytes which were not UTF-8."""
    return not any(
        character == "\0" or character == "\ufffd" or "\ud800" <= character <= "\udfff" for character in value
    )


def private_pages_stay_private(get_response: GetResponse) -> GetResponse:
    """Keep answers out of every cache but the reader's own, and those for somebody signed in out of that too.

    A narrowed audience counts at the next request, so no page may be shown again from a store. A view that says
    ``Cache-Control`` itself knows better.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        patch_vary_headers(response, ["Cookie"])
        if response.has_header("Cache-Control"):
            return response
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.status_code >= HTTPStatus.BAD_REQUEST:
            patch_cache_control(response, private=True, no_store=True)
        elif response.get("Content-Type", "").startswith("text/html"):
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return middleware


def believe_trusted_proxies_only(get_response: GetResponse) -> GetResponse:
    """Let ``X-Forwarded-…`` count from ``TRUSTED_PROXIES`` and from nobody else.

    Afterwards ``REMOTE_ADDR`` is the address of the client: the last one that a trusted proxy vouches for.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        remote = request.META.get("REMOTE_ADDR", "")
        if not is_trusted(remote):
            for name in FORWARDED:
                request.META.pop(name, None)
        while is_trusted(remote) and (remote := last_hop(request)):
            request.META["REMOTE_ADDR"] = remote
        return get_response(request)

    return middleware


def last_hop(request: HttpRequest) -> str:
    """Take the last address off ``X-Forwarded-For``, empty if there is none left or it is no address."""
    rest, _, last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")
    request.META["HTTP_X_FORWARDED_FOR"] = rest
    return last.strip() if address_of(last.strip()) else ""


def is_trusted(address: str) -> bool:
    found = address_of(address)
    return found is not None and any(found in network for network in settings.TRUSTED_PROXIES)


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
