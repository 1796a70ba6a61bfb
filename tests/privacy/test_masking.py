"""Staff pages: what is masked is in no list, form, search, filter, ordering, lookup, history or message."""

import re
from datetime import date
from http import HTTPStatus
from itertools import product
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.admin import MemberAdmin
from accounts.models import Member, Profile
from accounts.roles import ROLES, assign_roles, sync_roles
from backoffice.checks import masked_columns
from backoffice.pages import DOTS, FILTERING
from catalogue.vocabulary import Audience
from privacy.juveniles import cap
from privacy.models import FieldDefault
from tests.factories import VALUES, make_circle, make_member, show_to_circles, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.promise("K3")]

SITE = AdminSite("site of a test")
HIDDEN = {
    name: value if isinstance(value, list) else [str(value)]
    for name, value in VALUES.items()
    if name not in ("country", "display_name", "postal_address")
} | {"postal_address": ["Mill Lane"], "email": ["rose@example.org"]}


@pytest.fixture
def rose() -> Member:
    rose = make_member("rose", **VALUES)
    show_to_circles(rose, "phone", make_circle(rose, "Allotment"))
    return rose


@pytest.fixture
def warden() -> Member:
    return staff("warden", "safety")


@pytest.fixture
def chief() -> Member:
    return staff("chief", "superuser")


@pytest.fixture
def desk(warden: Member) -> Client:
    return signed_in(warden)


def staff(handle: str, *roles: str) -> Member:
    sync_roles()
    member = make_member(handle, is_staff=True)
    if roles:
        assign_roles(member, roles)
    return member


def signed_in(member: Member) -> Client:
    return sign_in(Client(), member)


def page_of(member: Member) -> str:
    return reverse("admin:accounts_member_change", args=[member.pk])


LIST = "/admin/accounts/member/"


def hides_everything(page: str) -> bool:
    """Say whether none of rose's covered values is in a page."""
    return not [value for values in HIDDEN.values() for value in values if value in page] and "Allotment" not in page


# --- pages --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [*ROLES, "superuser"])
def test_every_role_sees_dots(role: str, rose: Member) -> None:
    page = signed_in(staff("someone", role)).get(page_of(rose)).content.decode()
    covered = page.split('class="form-row field-covered_phone"')[1].split("form-row")[0]
    assert hides_everything(page)
    assert DOTS in covered


@pytest.mark.parametrize("role", [*ROLES, "superuser"])
def test_no_role_can_tell_a_juvenile_by_page_list_search_or_filter(role: str) -> None:
    """The same person, once as an adult who is listed and open, once as a juvenile: nothing on any page differs."""
    rose = make_member("rose", **VALUES, audiences=dict.fromkeys(OPEN, Audience.EVERYONE))
    client, filtered = signed_in(staff("someone", role)), LIST + "?is_active__exact=1"
    addresses = [LIST, LIST + "?q=rose", filtered, page_of(rose)]
    adult = [plain(client.get(address)) for address in addresses]
    profile = Profile.objects.get(pk=rose.pk)
    profile.birth_date = date(timezone.localdate().year - 15, 1, 1)
    assert cap(profile) == list(OPEN)
    profile.save()
    assert [plain(client.get(address)) for address in addresses] == adult


OPEN = ("display_name", "bio", "picture", "website", "city")


def plain(answer: Any) -> str:
    """Return a page without what differs between any two answers."""
    assert answer.status_code == HTTPStatus.OK
    return re.sub(r'(nonce|csrfmiddlewaretoken)"?[^>]*?"[^"]+"', "", answer.content.decode())


def test_dots_are_as_many_for_a_long_value_a_short_one_and_none(desk: Client) -> None:
    long, short, none = (
        make_member(handle, **values)
        for handle, values in {"one": {"bio": "b" * 1500}, "two": {"bio": "b"}, "three": {}}.items()
    )
    pages = [
        desk.get(page_of(member)).content.decode().split("field-covered_bio")[1].split("form-row")[0]
        for member in (long, short, none)
    ]
    assert len(set(pages)) == 1


@pytest.mark.parametrize("address", ["", "?q=rose", "?o=1", "?o=-3", "?is_active__exact=1", "?_facets=True", "?all="])
def test_the_list_shows_handles_and_no_covered_value(address: str, desk: Client, rose: Member) -> None:
    page = desk.get(LIST + address).content.decode()
    assert ">rose</a>" in page
    assert hides_everything(page)


def test_the_list_costs_the_same_number_of_queries_however_long(
    desk: Client, rose: Member, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_member(f"member{number}")
    with django_assert_max_num_queries(10):
        desk.get(LIST)


@pytest.mark.parametrize("word", ["rose@example.org", "Alderford", "+447700900123", "Rose", "beans", "1990-04-01"])
def test_the_search_finds_nothing_by_a_covered_value(word: str, desk: Client, rose: Member) -> None:
    rose.handle = "somebody"
    rose.save(update_fields=["handle"])
    assert "somebody" not in desk.get(LIST, {"q": word}).content.decode()


LOOKUPS = [
    *(f"{name}{ending}" for name in sorted(masked_columns(Member)) for ending in ("", "__exact", "__isnull", "__gte")),
    *(f"profile__{name}" for name in sorted(masked_columns(Profile))),
    "profile__public_name__startswith",
    "email_index__lt",
    "profile__phone_audience",
    "profile__listed__exact",
    "friendships__friend",
    "circles__name__isnull",
    "sessions__isnull",
    "handle__startswith",
    "joined_at__gte",
    "is_active__in",
    "is_active__exact__email",
    "groups__name",
]


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_a_lookup_in_the_address_asks_no_question(lookup: str, desk: Client, chief: Member, rose: Member) -> None:
    """Answered with 400 for everybody, or the parameter does nothing."""
    allowed = lookup == "is_active__in"
    for client in (desk, signed_in(chief)):
        answer = client.get(LIST, {lookup: "1"})
        assert answer.status_code == (HTTPStatus.OK if allowed else HTTPStatus.BAD_REQUEST)


ENDINGS = ("", "__regex", "__iregex", "__range", "__contains", "__year", "__in", "__isnull", "__exact", "__gt")
OTHERS = {
    "privacy/fielddefault": ("field", "audience", "id"),
    "privacy/policyversion": ("number", "effective_at", "body"),
    "auth/group": ("name", "permissions__codename", "id"),
    "accounts/staffinvitation": ("digest", "expires_at", "roles", "member__handle"),
}
NONSENSE = ("(", "[", "1", "x", "", "99999999999", "9" * 30, "-1", "\x00", "1,x", "2024-13-45", "\U0001f332")


@pytest.mark.parametrize(("page", "columns"), OTHERS.items())
def test_a_lookup_that_no_filter_offers_is_refused_on_every_page(
    page: str, columns: tuple[str, ...], chief: Member
) -> None:
    boss = signed_in(chief)
    asked = [(f"{column}{ending}", value) for column in columns for ending in ENDINGS for value in ("(", "1")]
    answers = {lookup: boss.get(f"/admin/{page}/", {lookup: value}).status_code for lookup, value in asked}
    assert answers == dict.fromkeys(answers, HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize("column", ["is_active", "joined_at", "id"])
def test_a_value_that_no_filter_offers_leads_back_to_the_list(
    column: str, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemberAdmin, "list_filter", (column,))
    for ending, value in product(("", *(f"__{each}" for each in FILTERING)), NONSENSE):
        with transaction.atomic():
            answer = desk.get(LIST, {f"{column}{ending}": value})
            transaction.set_rollback(True)
        leads_back = answer.headers.get("Location") == f"{LIST}?e=1"
        assert answer.status_code in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST) or leads_back, (ending, value)


@pytest.mark.parametrize("order", ["4", "5", "99", "-7.2", "email", "x", "1e999", "." * 50])
def test_an_order_by_anything_else_is_the_usual_order(order: str, desk: Client) -> None:
    for handle in ("aaa", "zzz"):
        make_member(handle)
    page = desk.get(LIST, {"o": order}).content.decode()
    if order != "4":
        assert page.index("aaa") < page.index("zzz")


@pytest.mark.parametrize("field", ["email", "email_index", "password", "handle", "time_zone", "profile__phone"])
def test_rows_are_named_by_their_number_only(field: str, desk: Client, rose: Member) -> None:
    listed = desk.get(LIST, {"_to_field": field, "_popup": "1"})
    one = desk.get(page_of(rose), {"_to_field": field})
    assert listed.status_code == one.status_code == HTTPStatus.BAD_REQUEST


def test_the_autocomplete_answers_with_handles_alone(desk: Client, rose: Member) -> None:
    for model, field in (("profile", "member"), ("friendship", "person"), ("logentry", "user"), ("circle", "owner")):
        asked = {"app_label": "accounts", "model_name": model, "field_name": field, "term": "rose@"}
        answer = desk.get("/admin/autocomplete/", asked)
        assert answer.status_code == HTTPStatus.FORBIDDEN or answer.json()["results"] == []


# --- acts ---------------------------------------------------------------------------------------------------------
def test_further_fields_in_a_form_change_nothing(desk: Client, rose: Member) -> None:
    before = [Member.objects.filter(pk=rose.pk).values().get(), Profile.objects.filter(pk=rose.pk).values().get()]
    sent = dict.fromkeys({*before[0], *before[1]} - {"is_active"}, "forged")
    sent |= {f"covered_{name}": "forged" for name in VALUES} | {"is_staff": "on", "is_superuser": "on", "groups": "1"}
    answer = desk.post(page_of(rose), sent | {"is_active": "on", "_save": "1"}, follow=True)
    after = [Member.objects.filter(pk=rose.pk).values().get(), Profile.objects.filter(pk=rose.pk).values().get()]
    assert answer.status_code == HTTPStatus.OK
    assert list(map(stored, after)) == list(map(stored, before))


def stored(row: dict[str, Any]) -> dict[str, Any]:
    return {name: bytes(value) if isinstance(value, bytes | memoryview) else value for name, value in row.items()}


def test_saving_writes_only_what_was_changed_here(desk: Client, rose: Member) -> None:
    """Somebody who changes their address while staff look at them keeps the new one."""
    suspended = {"_save": "1"}
    original = MemberAdmin.save_model

    def save_late(self: Any, request: Any, obj: Any, form: Any, change: bool) -> None:
        fresh = Member.objects.get(pk=rose.pk)
        fresh.email = "new@example.org"
        fresh.save()
        original(self, request, obj, form, change)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemberAdmin, "save_model", save_late)
        desk.post(page_of(rose), suspended)
    after = Member.objects.get(pk=rose.pk)
    assert (after.email, after.is_active) == ("new@example.org", False)


def test_the_history_names_fields_and_numbers_and_the_message_names_no_value(desk: Client, rose: Member) -> None:
    told = desk.post(page_of(rose), {"_continue": "1"}, follow=True).content.decode()
    history = desk.get(reverse("admin:accounts_member_history", args=[rose.pk])).content.decode()
    [entry] = LogEntry.objects.all()
    assert "Changed Active." in history
    assert hides_everything(told)
    assert hides_everything(history)
    assert "rose" not in entry.object_repr + entry.change_message
    assert str(rose.pk) in entry.object_repr


@pytest.mark.parametrize("way", ["add/", "{}/delete/"])
def test_rows_are_neither_added_nor_deleted_here(way: str, chief: Member, rose: Member) -> None:
    address = LIST + way.format(rose.pk)
    for answer in (signed_in(chief).get(address), signed_in(chief).post(address, {"post": "yes"})):
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert hides_everything(answer.content.decode())
    assert Member.objects.filter(pk=rose.pk).exists()


def test_there_are_no_actions_over_many(chief: Member, rose: Member) -> None:
    for action in ("delete_selected", "export", "__str__"):
        sent = {"action": action, "_selected_action": str(rose.pk), "post": "yes", "index": "0"}
        answer = signed_in(chief).post(LIST, sent)
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
        assert hides_everything(answer.content.decode())
    assert Member.objects.filter(pk=rose.pk).exists()


def test_no_number_leads_to_whoever_has_it(chief: Member, rose: Member) -> None:
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_model(Member).pk
    assert signed_in(chief).get(f"/admin/r/{kind}/{rose.pk}/").status_code == HTTPStatus.NOT_FOUND


# --- who may ------------------------------------------------------------------------------------------------------
def test_staff_without_the_right_to_change_can_only_look(rose: Member) -> None:
    support = signed_in(staff("helper", "support"))
    page = support.get(page_of(rose)).content.decode()
    assert 'name="_save"' not in page
    assert support.post(page_of(rose), {"_save": "1"}).status_code == HTTPStatus.FORBIDDEN
    rose.refresh_from_db()
    assert rose.is_active


def test_staff_suspend_members_but_neither_colleagues_nor_themselves(
    desk: Client, warden: Member, chief: Member, rose: Member
) -> None:
    for person, answered in ((rose, 302), (warden, 403), (chief, 403)):
        assert desk.post(page_of(person), {"_save": "1"}).status_code == answered
    boss = signed_in(chief)
    assert boss.post(page_of(chief), {"_save": "1"}).status_code == HTTPStatus.FORBIDDEN
    assert boss.post(page_of(warden), {"_save": "1"}).status_code == HTTPStatus.FOUND


@pytest.mark.promise("E6")
@pytest.mark.parametrize("role", [*ROLES, "superuser"])
def test_staff_see_nothing_of_who_has_not_confirmed_their_address(role: str) -> None:
    """Joining with an address makes an account only if it has none: whether the handle is here would tell that."""
    colleague = signed_in(staff("someone", role))
    addresses = ["/admin/", LIST, LIST + "?q=sprout", LIST + "?is_active__exact=0"]
    without = [plain(colleague.get(address)) for address in addresses]
    sprout = make_member("sprout", email_verified_at=None)
    make_member("shoot", email_verified_at=None, is_active=False)
    assert [plain(colleague.get(address)) for address in addresses] == without
    nobody = page_of(Member(pk=sprout.pk + 1))
    for known, unknown in ((page_of(sprout), nobody), (history_of(page_of(sprout)), history_of(nobody))):
        answers = [colleague.get(address, follow=True) for address in (known, unknown)]
        pages = [re.sub(r"\d{5,}", "", plain(answer)) for answer in answers]
        assert pages[0] == pages[1]


def history_of(page: str) -> str:
    return page.replace("/change/", "/history/")


def test_staff_without_a_role_see_no_figure_and_no_model(rose: Member) -> None:
    newcomer = signed_in(staff("newcomer"))
    page = newcomer.get("/admin/").content.decode()
    assert "queue" not in page
    assert "accounts/member" not in page
    assert newcomer.get(LIST).status_code == newcomer.get(page_of(rose)).status_code == HTTPStatus.FORBIDDEN


def test_roles_are_for_superusers_to_read_and_for_nobody_to_change(desk: Client, chief: Member) -> None:
    role = Group.objects.get(name="support")
    boss, address = signed_in(chief), reverse("admin:auth_group_change", args=[role.pk])
    assert desk.get("/admin/auth/group/").status_code == desk.get(address).status_code == HTTPStatus.FORBIDDEN
    assert boss.get(address).status_code == HTTPStatus.OK
    assert boss.post(address, {"name": "other"}).status_code == HTTPStatus.FORBIDDEN


def test_the_dashboard_counts_who_is_here(desk: Client, rose: Member) -> None:
    make_member("moss", is_active=False)
    make_member("unconfirmed", email_verified_at=None)
    figures = {figure.label: figure.number for figure in desk.get("/admin/").context["figures"]}
    assert figures["Active members"] == Member.objects.active().count() == 2
    assert figures["Suspended member"] == 1
    officer = signed_in(staff("officer", "privacy_officer")).get("/admin/").context["figures"]
    assert FieldDefault.objects.count() in [figure.number for figure in officer]


@pytest.mark.parametrize("address", ["/admin/", LIST, "change", "/admin/accounts/", "history", "/admin/nowhere/"])
def test_staff_pages_need_nothing_that_the_content_policy_forbids(address: str, desk: Client, rose: Member) -> None:
    history = reverse("admin:accounts_member_history", args=[rose.pk])
    answer = desk.get({"change": page_of(rose), "history": history}.get(address, address))
    page = answer.content.decode()
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]
    assert not [
        sign for sign in ("style=", "<style", " onclick", " onload", "javascript:", 'src="http') if sign in page
    ]
    assert all(" src=" in script.split(">")[0] for script in page.split("<script")[1:])


def test_a_password_is_changed_where_everybody_changes_theirs(desk: Client) -> None:
    for name in ("admin:password_change", "admin:password_change_done"):
        assert desk.get(reverse(name)).url == reverse("accounts:password-change")  # type: ignore[attr-defined]


@pytest.mark.promise("K3")
def test_saving_leaves_no_name_of_a_person_in_the_session(client):
    rose, warden = make_member("rose"), make_member("warden", is_staff=True, is_superuser=True)
    sign_in(client, warden)
    client.post(f"/admin/accounts/member/{rose.pk}/change/", {"is_active": "on", "_save": "Save"})
    assert "rose" not in str(client.session.get("_messages", ""))
    assert "Saved." in str(client.session.get("_messages", ""))


def test_staff_pages_about_members_read_no_sealed_column(
    desk: Client, rose: Member, django_assert_max_num_queries: Any
) -> None:
    sealed = [f'"{name}"' for name in sorted(masked_columns(Member) | masked_columns(Profile)) if name != "id"]
    # Who acts is read whole, and so is the key by which both tables are told apart.
    own = f'"accounts_member"."id" = {desk.session["_auth_user_id"]}'
    for address in (LIST, LIST + "?q=rose", page_of(rose)):
        with django_assert_max_num_queries(30) as asked:
            assert desk.get(address).status_code == HTTPStatus.OK
        about = [
            query["sql"] for query in asked if "accounts_" in query["sql"] and own not in query["sql"].replace("'", "")
        ]
        assert [sql for sql in about if 'FROM "accounts_member"' in sql]
        assert not [sql for sql in about for name in sealed if name in sql.split(" FROM ")[0]]
