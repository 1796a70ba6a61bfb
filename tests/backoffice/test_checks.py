"""Before anything starts: no staff page names a masked column, and one that did would still show dots."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.models import Group
from django.db.models import F
from django.forms import CharField, ModelForm
from django.test import RequestFactory

from accounts.models import Friendship, Member, Profile
from backoffice.checks import check_staff_sites, leaks, masked_columns, masked_on_path, problems
from backoffice.pages import PersonalDataAdmin, PersonalDataInline
from privacy.models import Circle, FieldDefault
from security.models import Session
from tests.factories import VALUES, befriend, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.promise("K3")]

SITE = AdminSite("site of a test")


@pytest.fixture
def rose() -> Member:
    return make_member("rose", **VALUES)


@pytest.fixture
def chief() -> Member:
    return make_member("chief", is_staff=True, is_superuser=True)


def told(page: type[ModelAdmin], model: type = Member) -> set[str]:  # type: ignore[type-arg]
    """Return the ids of our own checks that an admin class sets off, together with the option they are about."""
    built = page(model, SITE)
    found = [*leaks(built)] if isinstance(built, PersonalDataAdmin) else [*problems(built)]
    return {f"{message.id} {message.msg.split()[0]}" for message in found}


def built(**options: Any) -> type[PersonalDataAdmin]:
    return type("Page", (PersonalDataAdmin,), options)


def reads_email(row: Any) -> str:
    return str(row.email)


def reads_by_name(row: Any) -> str:
    return str(getattr(row, "email"))  # noqa: B009  # this is what forgetful people write


def reads_the_profile(row: Any) -> str:
    return ", ".join(part.upper() for part in [row.profile.city])


@admin.display(ordering="email_index")
def ordered(row: Any) -> str:
    return "-"


class ByEmail(admin.SimpleListFilter):
    title, parameter_name = "where", "where"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("a", "a")]

    def queryset(self, request: Any, queryset: Any) -> Any:
        return queryset.filter(profile__city_index=self.value())


def answers_with_email(page: Any, request: Any, *rest: Any) -> Any:
    return ("handle", "email")


class MemberForm(ModelForm):  # type: ignore[type-arg]
    email = CharField()

    class Meta:
        model = Member
        fields = ("handle",)


class Friends(admin.TabularInline):  # type: ignore[type-arg]
    model = Friendship
    fk_name = "person"


class CoveredProfile(PersonalDataInline):
    model = Profile
    fields = ("public_name",)


class LeakyProfile(PersonalDataInline):
    model = Profile
    fields = ("public_name", "city")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("list_display", ("email",)),
        ("list_display", ("handle", "profile__city")),
        ("list_display", (reads_email,)),
        ("list_display", (reads_by_name,)),
        ("list_display", (reads_the_profile,)),
        ("list_display", (ordered,)),
        ("list_display", (lambda row: row.time_zone,)),
        ("list_display_links", ("email",)),
        ("list_editable", ("time_zone",)),
        ("list_filter", ("email_index",)),
        ("list_filter", (("profile__city", admin.AllValuesFieldListFilter),)),
        ("list_filter", (ByEmail,)),
        ("list_filter", ("friendships__since",)),
        ("list_filter", ("profile__phone_audience",)),
        ("list_display", ("profile__listed",)),
        ("search_fields", ("=profile__city_index",)),
        ("search_fields", ("^email",)),
        ("search_fields", ("profile__employer__iexact",)),
        ("ordering", ("-email_index",)),
        ("ordering", (F("email_index").desc(),)),
        ("fields", (("handle", "email"),)),
        ("fieldsets", ((None, {"fields": ("handle", ("is_active", "time_zone"))}),)),
        ("readonly_fields", ("password",)),
        ("readonly_fields", (reads_email,)),
        ("prepopulated_fields", {"handle": ("email",)}),
        ("prepopulated_fields", {"email": ("handle",)}),
        ("date_hierarchy", "profile__birth_date"),
        ("raw_id_fields", ("profile__picture",)),
        ("autocomplete_fields", ("email",)),
        ("sortable_by", ("email",)),
        ("radio_fields", {"time_zone": admin.VERTICAL}),
        ("filter_horizontal", ("email",)),
        ("form", MemberForm),
        ("get_list_display", answers_with_email),
        ("get_search_fields", answers_with_email),
        ("get_search_results", answers_with_email),
        ("get_ordering", answers_with_email),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_masked_column_in_an_option_is_an_error(option: str, value: Any) -> None:
    named = value.__name__ if option.startswith("get_") else option
    assert f"backoffice.E001 {named}" in told(built(**{option: value}))


def test_a_method_of_the_page_or_of_the_model_that_reads_a_masked_column_is_an_error() -> None:
    class Page(PersonalDataAdmin):
        list_display = ("address", "first_letter")

        def address(self, row: Member) -> Any:
            return row.email

        @admin.display(description="letter")
        def first_letter(self, row: Member) -> str:
            return str(min(letter for _ in self.list_display for letter in row.time_zone))

    assert told(Page) == {"backoffice.E001 list_display"}
    assert len(list(leaks(Page(Member, SITE)))) == 2


def test_a_friendship_is_covered_at_both_ends() -> None:
    assert told(built(list_display=("person", "friend_id")), Friendship) == {"backoffice.E001 list_display"}


def test_an_inline_is_held_to_the_same() -> None:
    assert "backoffice.E002 accounts.Friendship" in told(built(inlines=(Friends,)))
    assert "backoffice.E001 fields" in told(built(inlines=(LeakyProfile,)))
    assert told(built(inlines=(CoveredProfile,))) == set()


def test_a_page_that_covers_nothing_is_an_error() -> None:
    for model in (Member, Profile, Circle, Session, Friendship):
        assert f"backoffice.E002 {model._meta.label}" in told(ModelAdmin, model)
    assert told(ModelAdmin, FieldDefault) == set()


def test_a_page_over_something_else_may_not_reach_into_personal_data() -> None:
    page = type(
        "Page", (ModelAdmin,), {"list_filter": ("user__email_index",), "search_fields": ("user__profile__city",)}
    )
    assert told(page, Group) == {"backoffice.E001 list_filter", "backoffice.E001 search_fields"}


def test_our_own_pages_are_in_order_and_a_wrong_one_is_found_where_it_is_registered() -> None:
    assert check_staff_sites() == []
    wrong = AdminSite("wrong")
    wrong.register(Profile, ModelAdmin)
    wrong.register(Member, built(search_fields=("email",)))
    assert "backoffice.E002" in {message.id for message in check_staff_sites()}
    assert "backoffice.E001" in {message.id for message in wrong.check(None)}


def test_a_path_is_followed_to_the_masked_column_on_its_way() -> None:
    assert masked_on_path(Member, "profile__city__isnull") == "accounts.Profile.city"
    assert masked_on_path(Member, "-email_index") == "accounts.Member.email_index"
    assert masked_on_path(Friendship, "person_id") == "accounts.Friendship.person_id"
    assert masked_on_path(Profile, "pk") is None
    assert masked_on_path(Member, "handle__startswith") is None


# --- should no check have been run --------------------------------------------------------------------------------
@pytest.fixture
def careless() -> PersonalDataAdmin:
    """Return a page that names masked columns everywhere, as nothing but a check forbids."""
    return built(
        fields=("handle", "email"), list_filter=("email_index", "is_active"), date_hierarchy="profile__birth_date"
    )(Member, SITE)


def test_a_masked_column_is_in_no_form_even_where_an_option_names_it(
    careless: PersonalDataAdmin, rose: Member, chief: Member, rf: RequestFactory
) -> None:
    request = rf.get("/")
    request.user = chief
    assert "email" not in careless.get_form(request, rose).base_fields
    assert not careless.lookup_allowed("email_index", "1", request)
    assert not careless.lookup_allowed("profile__birth_date__year", "1990", request)
    assert careless.lookup_allowed("is_active__exact", "1", request)


def test_an_inline_shows_dots_as_a_page_does(rose: Member, chief: Member) -> None:
    befriend(rose, chief)
    inline = CoveredProfile(Member, SITE)
    request = RequestFactory().get("/")
    request.user = chief
    shown = inline.get_fields(request, rose)
    assert "public_name" in shown
    assert not {name for name in shown if isinstance(name, str)} & masked_columns(Profile)
    assert not inline.has_add_permission(request, rose)
    assert not inline.has_delete_permission(request, rose)
