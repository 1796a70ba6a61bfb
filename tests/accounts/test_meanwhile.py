"""What happens when somebody else changes the same things at the same moment: an answer, never a failure."""

import contextlib
import re
import threading

import pytest
from django.db import connections

from accounts import blocking, circles as circling, friendship
from accounts.models import Block, Profile
from accounts.profiles import update_profile
from catalogue.vocabulary import Audience
from privacy import audiences
from privacy.audiences import set_audience
from privacy.models import Circle
from privacy.views import audiences as audience_pages
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rose():
    return factories.make_member("rose")


@pytest.fixture
def fern():
    return factories.make_member("fern")


@pytest.fixture
def her_browser(client, rose):
    client.force_login(rose)
    return client


@pytest.fixture
def blocked_meanwhile(monkeypatch, rose, fern):
    """Let a block arrive while the two are being held."""

    def held(one, other):
        blocking.hold_pair(one, other)
        Block.objects.get_or_create(blocker=fern, blocked=rose)

    monkeypatch.setattr(circling, "hold_pair", held)
    monkeypatch.setattr(friendship, "hold_pair", held)


@pytest.fixture
def deleted_meanwhile(monkeypatch):
    """Let every circle be deleted while its owner is being held."""

    def held(member):
        Circle.objects.all().delete()

    monkeypatch.setattr(circling, "hold", held)
    monkeypatch.setattr(audiences, "hold", held)


@pytest.mark.usefixtures("blocked_meanwhile")
@pytest.mark.promise("E6")
def test_a_block_that_arrives_meanwhile_looks_like_nobody(her_browser, rose):
    circle = factories.make_circle(rose, "Family")
    assert her_browser.post(f"/circles/{circle.pk}/add/", {"handle": "fern"}).status_code == 404
    assert her_browser.post("/friends/ask/fern/").status_code == 404


@pytest.mark.usefixtures("deleted_meanwhile")
def test_a_circle_that_is_deleted_meanwhile_is_said_to_be_gone(her_browser, rose):
    circle = factories.make_circle(rose, "Family")
    assert her_browser.post(f"/circles/{circle.pk}/", {"name": "Village"}).status_code == 422
    circle = factories.make_circle(rose, "Family")
    answer = her_browser.post("/settings/privacy/city/", {"audience": "circles", "circles": circle.pk})
    assert answer.status_code == 422
    assert "Tick at least one circle" in answer.content.decode()


@pytest.mark.parametrize("name", ["\u202eylimaF", "\u200b", "\u2028"])
def test_a_circle_has_a_name_that_can_be_seen(her_browser, name):
    assert her_browser.post("/circles/", {"name": name}).status_code == 422
    assert not Circle.objects.exists()


def test_the_next_page_of_a_circle_is_its_own_also_after_an_error(her_browser, rose, monkeypatch):
    monkeypatch.setattr(friendship, "PAGE", 2)
    circle = factories.make_circle(rose, "Family", *(factories.make_member(f"person{n}") for n in range(3)))
    answer = her_browser.post(f"/circles/{circle.pk}/add/", {"handle": "nobody_here"})
    assert answer.status_code == 422
    following = re.search(r'href="([^"]+)" rel="next"', answer.content.decode())[1]
    assert her_browser.get(following).status_code == 200


def test_every_error_of_the_picker_leads_to_where_it_is(her_browser):
    page = her_browser.post("/settings/privacy/city/", {"audience": "circles"}).content.decode()
    named = re.findall(r'<li><a href="#([^"]+)"', page)
    assert named
    assert [anchor for anchor in named if f'id="{anchor}"' not in page] == []


# --- at the very same moment ---------------------------------------------------------------------------------------
def at_once(*acts):
    """Do all of it at once; return what went wrong."""
    wrong = []

    def run(act):
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is to say so
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.promise("E7")
def test_a_name_that_is_opened_while_it_is_edited_is_open_as_it_is(rose, monkeypatch):
    update_profile(rose, {"display_name": "Old Name"}, by=rose)
    reading, edited = threading.Event(), threading.Event()
    publish = audiences.publish_name

    def slowly(profile):
        profile.display_name  # noqa: B018 - read now
        reading.set()
        edited.wait(1)
        publish(profile)

    monkeypatch.setattr(audiences, "publish_name", slowly)

    def edit():
        reading.wait(5)
        update_profile(rose, {"display_name": "New Name"}, by=rose)
        edited.set()

    assert at_once(lambda: set_audience(rose, "display_name", Audience.MEMBERS), edit) == []
    assert Profile.objects.get(pk=rose.pk).public_name == "New Name"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_circle_may_be_deleted_and_chosen_at_once(rose, monkeypatch):
    circle = factories.make_circle(rose, "Family")
    factories.show_to_circles(rose, "city", circle)
    both = threading.Barrier(2, timeout=1)

    def meeting(function):
        def met(*args, **options):
            # One waits for the other to be through, as it should.
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait()
            return function(*args, **options)

        return met

    monkeypatch.setattr(audiences, "_store_level", meeting(audiences._store_level))
    chosen = lambda: set_audience(rose, "phone", Audience.CIRCLES, circles=[circle])  # noqa: E731
    wrong = at_once(chosen, lambda: circling.delete_circle(circle))
    assert [error for error in wrong if getattr(error, "code", "") != "no_circle"] == []


def test_the_view_and_the_verb_hold_the_same_member():
    """One lock for everything about circles and audiences of a member: two would be taken in different orders."""
    assert circling.hold is audiences.hold
    assert audience_pages.set_audience is set_audience
