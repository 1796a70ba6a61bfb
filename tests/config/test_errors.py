"""The pages for what cannot be answered."""

from http import HTTPStatus

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.test import Client, RequestFactory
from django.urls import include, path

from accounts.roles import assign_roles
from config import errors, site
from config.logs import JsonFormatter
from config.middleware import wrong_methods_get_a_page
from privacy.models import FieldDefault
from tests.factories import make_member, sign_in

pytestmark = pytest.mark.django_db


def denied(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("rose@example.org")


def hidden(request: HttpRequest) -> HttpResponse:
    raise Http404("rose@example.org")


def odd(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("rose@example.org")


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("rose@example.org")


def overflow(request: HttpRequest) -> HttpResponse:
    raise OverflowError("rose@example.org")


def data(request: HttpRequest) -> HttpResponse:
    raise DataError("rose@example.org")


VIEWS = {"denied": denied, "hidden": hidden, "odd": odd, "broken": broken, "overflow": overflow, "data": data}
for view in VIEWS.values():
    view.login_required = False  # type: ignore[attr-defined]

handler400, handler403 = errors.bad_request, errors.permission_denied
handler404, handler500 = errors.page_not_found, errors.server_error
urlpatterns = [path(f"{name}/", view) for name, view in VIEWS.items()]
urlpatterns += [path("healthz", site.healthz), path("", include("config.urls"))]


@pytest.fixture(autouse=True)
def _urls(settings: object) -> None:
    settings.ROOT_URLCONF = __name__  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/denied/", HTTPStatus.FORBIDDEN),
        ("/hidden/", HTTPStatus.NOT_FOUND),
        ("/nothing/here/", HTTPStatus.NOT_FOUND),
        ("/odd/", HTTPStatus.BAD_REQUEST),
        ("/broken/", HTTPStatus.INTERNAL_SERVER_ERROR),
    ],
)
def test_an_error_has_a_page_in_the_site_that_repeats_nothing(address: str, status: HTTPStatus) -> None:
    answer = Client(raise_request_exception=False).get(address)
    page = answer.content.decode()
    assert answer.status_code == status
    assert "topbar" in page
    assert "rose@example.org" not in page
    assert "no-store" in answer["Cache-Control"]
    assert "Content-Security-Policy" in answer


@pytest.mark.promise("E6")
def test_absent_and_hidden_are_the_same_page(client: Client) -> None:
    absent, hidden_page = client.get("/nothing/here/"), client.get("/hidden/")
    assert absent.content == hidden_page.content
    different = {"X-Request-ID"}
    assert {(k, v) for k, v in absent.items() if k not in different} == {
        (k, v) for k, v in hidden_page.items() if k not in different
    }


@pytest.mark.parametrize("address", ["/friends/ask/moss/", "/admin/logout/"])
def test_a_wrong_method_gets_a_page_that_leads_on_and_says_what_is_allowed(client: Client, address: str) -> None:
    member = make_member("rose")
    assign_roles(member, ["superuser"])
    sign_in(client, member)
    answer = client.get(address)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert "POST" in answer["Allow"]
    assert "cannot be opened as a page" in page
    assert "Go to the first page" in page
    assert "topbar" in page
    assert "no-store" in answer["Cache-Control"]


def test_a_wrong_method_that_was_answered_in_words_keeps_them(rf: RequestFactory) -> None:
    worded = HttpResponseNotAllowed(["GET"], "in words")
    assert wrong_methods_get_a_page(lambda _: worded)(rf.post("/")) is worded


@pytest.mark.promise("N1")
@pytest.mark.parametrize("address", ["/overflow/", "/data/"])
def test_a_value_that_no_column_holds_is_refused_and_logged_without_it(
    client: Client, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get(address)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "could not be read" in answer.content.decode()
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any("no column holds" in line for line in lines)
    assert not any("rose@example.org" in line for line in lines)


@pytest.mark.parametrize("number", ["9" * 23, str(2**63), "-" + "9" * 23])
def test_a_number_larger_than_any_column_changes_nothing(client: Client, number: str) -> None:
    chief = make_member("chief")
    assign_roles(chief, ["superuser"])
    sign_in(client, chief)
    before = list(FieldDefault.objects.order_by("pk").values())
    form = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": number, "form-0-audience": "4"}
    answer = client.post("/admin/privacy/fielddefault/", form | {"_save": "Save"})
    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    assert list(FieldDefault.objects.order_by("pk").values()) == before


def test_a_page_of_error_that_fails_itself_gives_way_to_a_bare_one(rf: RequestFactory) -> None:
    answer = errors.error_page(rf.get("/"), HTTPStatus.NOT_FOUND, "errors/missing.html")
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert b"Not Found" in answer.content


def test_a_stale_form_says_what_to_do() -> None:
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"email": "a"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "no longer fresh" in answer.content.decode()


def test_a_log_of_a_failure_repeats_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Client(raise_request_exception=False).get("/broken/?q=rose@example.org")
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any("ValueError" in line for line in lines)
    assert not any("rose@example.org" in line or "/broken/" in line for line in lines)
