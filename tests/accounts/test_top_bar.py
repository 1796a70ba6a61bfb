"""The button of one's account in the top bar of every page."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Profile
from accounts.pictures import remove_picture, set_picture
from catalogue.vocabulary import Audience
from tests import factories
from world.faces import draw_face

pytestmark = pytest.mark.django_db


def account_button(client, address="/people/") -> str:
    [button] = re.findall(
        r'<summary class="face"[^>]*>(.*?)</summary>', client.get(address).content.decode(), re.DOTALL
    )
    return button.strip()


def paint(member) -> str:
    file = SimpleUploadedFile("me.png", draw_face(member.handle, size=64), "image/png")
    return f'src="/media/{set_picture(member, file)}/small/"'


def test_it_shows_one_s_own_face_whoever_else_may_see_it(client):
    rose, moss = factories.make_member("rose"), factories.make_member("moss")
    Profile.objects.update(picture_audience=Audience.ONLY_ME)
    faces = {rose: paint(rose), moss: paint(moss)}
    for person, face in faces.items():
        client.force_login(person)
        assert face in account_button(client)
        assert face in account_button(client, "/friends/")
        page = client.get("/people/").content.decode()
        assert [each for each in faces.values() if each in page] == [face]
    client.logout()
    assert "/media/" not in client.get("/people/").content.decode()


def test_without_a_picture_it_shows_a_letter(client):
    rose = factories.make_member("rose")
    client.force_login(rose)
    assert re.sub("<[^>]*>", "", account_button(client)) == "R"
    paint(rose)
    assert "<img" in account_button(client)
    remove_picture(rose)
    assert re.sub("<[^>]*>", "", account_button(client)) == "R"
