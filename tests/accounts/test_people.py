"""The directory and people search."""

import re

import pytest

from accounts import directory
from accounts.models import Profile
from accounts.profiles import update_profile
from catalogue.vocabulary import Audience
from encryption.keys import forget_keys
from notifications.announcements import shown_to
from privacy.statement import people
from privacy.visibility import Ties, Viewer, _rows
from tests import factories

pytestmark = pytest.mark.django_db
OPEN = {"display_name": Audience.EVERYONE}


def normalised(html: bytes) -> str:
    """Return a page without what differs between any two answers."""
    return re.sub(r'(nonce|csrfmiddlewaretoken)"?[^>]*?"[^"]+"', "", html.decode())


@pytest.mark.promise("E5")
def test_a_visitor_finds_whoever_shows_their_name_to_everyone(client):
    factories.make_member("rose", audiences=OPEN, display_name="Rose Hip")
    factories.make_member("moss", audiences={"display_name": Audience.MEMBERS}, display_name="Moss Green")
    text = client.get("/people/").content.decode()
    assert "Rose Hip" in text
    assert "moss" not in text.lower()


def test_a_name_is_found_by_a_part_of_it(client):
    factories.make_member("rose", audiences=OPEN, display_name="Rose Hip")
    assert "Rose Hip" in client.get("/people/?q=se%20hi").content.decode()
    assert "Rose Hip" not in client.get("/people/?q=hawthorn").content.decode()


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Éloïse Ångström", "éloïse"),
        ("éloïse", "ÉLOÏSE"),
        ("\uff32\uff4f\uff53\uff45", "rose"),
        ("Jürgen Groß", "GROSS"),
        ("Ελένη Παπαδοπούλου", "ΕΛΈΝΗ"),
        ("E\u0301lise", "élise"),
        ("Rose  Hip", "rose hip"),
        ("100% Rose_Hip", "0% rose_"),
    ],
)
def test_a_name_is_found_however_its_letters_are_typed_on_every_database(client, name, typed):
    factories.make_member("somebody", audiences=OPEN, display_name=name)
    assert "@somebody" in client.get("/people/", {"q": typed}).content.decode()


@pytest.mark.parametrize("typed", ["%", "_", "%%", "r%e", "r_se", "\\", "\\%"])
def test_signs_that_mean_anything_to_the_database_are_letters_like_others(client, typed):
    factories.make_member("somebody", audiences=OPEN, display_name="Rose Hip")
    assert "@somebody" not in client.get("/people/", {"q": typed}).content.decode()


def test_a_new_name_is_found_and_the_old_one_is_not(client):
    rose = factories.make_member("somebody", audiences=OPEN, display_name="Rose Hip")
    update_profile(rose, {"display_name": "Hazel"}, by=rose)
    assert "@somebody" in client.get("/people/?q=hazel").content.decode()
    assert "@somebody" not in client.get("/people/?q=hip").content.decode()


def test_who_is_not_listed_is_not_found_even_by_handle(client):
    factories.make_member("rose", audiences=OPEN, display_name="Rose Hip", listed=False)
    assert "Rose" not in client.get("/people/?q=rose").content.decode().replace("q=rose", "")


@pytest.mark.promise("E6")
@pytest.mark.parametrize("field", ["bio", "city", "employer", "school", "phone", "postal_address", "pronouns"])
@pytest.mark.parametrize("search", ["", "?q=Alderford", "?q=rose", "?q=Mill+Lane+School", "?q=hidden"])
def test_a_hidden_value_changes_nothing_that_a_stranger_gets(client, field, search):
    """Status, body, headers, order and counts stay the same when only a hidden value changes."""
    rose = factories.make_member("rose", audiences=OPEN, display_name="Rose Hip")
    factories.make_member("fern", audiences=OPEN | {"city": Audience.EVERYONE}, display_name="Fern", city="Alderford")
    client.force_login(factories.make_member("moss", audiences=OPEN, display_name="Moss"))
    addresses = [f"/people/{search}", "/@rose/"]
    before = [client.get(address) for address in addresses]
    profile = Profile.objects.get(pk=rose.pk)
    setattr(profile, field, {"city": "Alderford", "school": "Mill Lane School"}.get(field, "hidden"))
    profile.save()
    after = [client.get(address) for address in addresses]
    for one, other in zip(before, after, strict=True):
        assert one.status_code == other.status_code
        assert normalised(one.content) == normalised(other.content)
        assert set(one.headers) == set(other.headers)


@pytest.mark.promise("E7")
def test_a_narrowed_name_leaves_the_directory_at_the_next_request(client):
    rose = factories.make_member("rose", audiences=OPEN, display_name="Rose Hip")
    assert "Rose Hip" in client.get("/people/").content.decode()
    client.force_login(rose)
    client.post("/settings/privacy/display_name/", {"audience": "friends"})
    client.logout()
    assert "Rose Hip" not in client.get("/people/").content.decode()
    assert Profile.objects.filter(pk=rose.pk).values_list("public_name", "name_for_search").get() == ("", "")


def test_pages_follow_each_other_by_handle_and_say_where_they_go_on(client, monkeypatch):
    monkeypatch.setattr(directory, "PAGE", 3)
    for number in range(8):
        factories.make_member(f"person{number}", audiences=OPEN, display_name=f"Name {number}")
    found, address = [], "/people/"
    while address:
        text = client.get(address).content.decode()
        found += re.findall(r"Name \d", text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        address = following[1].replace("&amp;", "&") if following else None
    assert found == [f"Name {number}" for number in range(8)]


@pytest.mark.parametrize("address", ["/people/", "/people/?q=Alderford"])
def test_a_page_costs_the_same_number_of_queries_whoever_is_on_it(client, django_assert_max_num_queries, address):
    viewer = factories.make_member("moss", audiences=OPEN, display_name="Moss")
    client.force_login(viewer)
    counts = []
    for number in range(12):
        person = factories.make_member(
            f"person{number}", audiences=OPEN | {"city": Audience.FRIENDS}, display_name="Name", city="Alderford"
        )
        if number % 2:
            factories.befriend(viewer, person)
        if number in (1, 11):
            forget_keys()
            shown_to(None)
            with django_assert_max_num_queries(40) as captured:
                client.get(address)
            counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.promise("E6")
def test_hidden_ciphertext_never_leaves_the_database(django_assert_max_num_queries):
    rose = factories.make_member("rose", phone="+447700900123", city="Alderford")
    fern = factories.make_member("fern")
    names = ("phone", "city", "email", "birthday")
    page = people([rose.pk], "default")
    for viewer in (Viewer(None), Viewer(fern.pk), Ties(), Ties(signed_in=True, friends={rose.pk})):
        [row] = _rows(page, names, viewer, "default")
        assert row[2:] == (None, None, None, None)
    [own] = _rows(page, names, Viewer(rose.pk), "default")
    assert all(own[2:])


@pytest.mark.django_db(transaction=True)
def test_names_that_were_public_before_search_folded_them_are_found():
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    rose = factories.make_member("rose", audiences=OPEN, display_name="Éloïse Groß")
    moss = factories.make_member("moss", display_name="Hidden")
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    try:
        executor.migrate([("accounts", "0004_changes_of_address_and_invitations")])
    finally:
        MigrationExecutor(connection).migrate(leaves)
    names = dict(Profile.objects.values_list("pk", "name_for_search"))
    assert (names[rose.pk], names[moss.pk]) == ("éloïse gross", "")
