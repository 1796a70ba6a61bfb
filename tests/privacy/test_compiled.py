"""Statements that are compiled once answer each viewer as if they were compiled for them."""

import pytest
from django.db.models import QuerySet

from accounts import directory
from accounts.models import Friendship, Member
from catalogue.vocabulary import Audience
from encryption.keys import forget_keys
from privacy.compiled import Compiled
from privacy.visibility import Viewer
from tests import factories

pytestmark = pytest.mark.django_db
OPEN = {"display_name": Audience.MEMBERS}


def test_each_argument_lands_in_every_place_where_it_was_put():
    def made(viewer: int, after: str) -> QuerySet:
        found = Friendship.objects.filter(person=viewer, friend__handle__gt=after)
        return found.exclude(friend=viewer).values_list("pk")

    compiled = Compiled(made)
    for viewer, after in ((3, "fern"), (2**62 + 5, ""), (3, "moss%s")):
        sql, params = compiled.filled("default", viewer=viewer, after=after)
        assert (sql, params) == _plainly(made(viewer, after))


def _plainly(queryset: QuerySet) -> tuple[str, list]:
    sql, params = queryset.query.get_compiler("default").as_sql()
    return sql, list(params)


@pytest.mark.promise("E6")
def test_an_argument_that_is_not_a_parameter_is_refused_rather_than_kept_for_everybody():
    def forgets(viewer: int) -> QuerySet:
        return Member.objects.all()

    def writes(viewer: int) -> QuerySet:
        return Member.objects.filter(pk=viewer).extra(where=[f"id = {viewer}"])

    for make in (forgets, writes):
        with pytest.raises(ValueError, match="not a parameter"):
            Compiled(make).filled("default", viewer=5)


@pytest.mark.promise("E6")
def test_one_viewer_after_another_sees_their_own_page():
    rose = factories.make_member(
        "rose", audiences=OPEN | {"city": Audience.FRIENDS}, display_name="R", city="Alderford"
    )
    fern, moss = (factories.make_member(name, audiences=OPEN, display_name=name) for name in ("fern", "moss"))
    nettle = factories.make_member("nettle", audiences=OPEN, display_name="N")
    factories.befriend(rose, fern)
    factories.block(rose, nettle)

    def page(viewer: int | None) -> dict[str, str | None]:
        return {person.handle: person.seen.get("city") for person in directory.search(Viewer(viewer)).people}

    for _ in range(2):
        assert page(fern.pk) == {"fern": None, "moss": None, "nettle": None, "rose": "Alderford"}
        assert page(moss.pk) == {"fern": None, "moss": None, "nettle": None, "rose": None}
        assert page(nettle.pk) == {"fern": None, "moss": None, "nettle": None}
        assert page(rose.pk) == {"fern": None, "moss": None, "rose": "Alderford"}
        assert page(None) == {}


def test_a_page_of_the_directory_is_one_query(django_assert_num_queries):
    rose = factories.make_member(
        "rose", audiences=OPEN | {"city": Audience.MEMBERS}, display_name="R", city="Alderford"
    )
    directory.search(Viewer(rose.pk))
    forget_keys()
    with django_assert_num_queries(1):
        page = directory.search(Viewer(rose.pk))
    assert [person.seen["city"] for person in page.people] == ["Alderford"]
