"""The roles of staff are groups, kept in step with their table."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission

from accounts.models import Member
from accounts.roles import ROLES, SUPERUSER, assign_roles, sync_roles

pytestmark = pytest.mark.django_db


def codenames(role: str) -> set[str]:
    found = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in found}


def make_staff() -> Member:
    return Member.objects.create_user("hayward", "hayward@example.org", None)


def test_every_permission_of_the_table_exists():
    sync_roles()
    there = {app.label for app in apps.get_app_configs()}
    for role, names in ROLES.items():
        assert codenames(role) == {name for name in names if name.split(".")[0] in there}


def test_syncing_again_takes_away_what_is_not_in_the_table():
    sync_roles()
    group = Group.objects.get(name="auditor")
    group.permissions.add(Permission.objects.get(codename="delete_member"))
    group.permissions.remove(Permission.objects.get(codename="view_member"))
    sync_roles()
    assert codenames("auditor") == set(ROLES["auditor"])


def test_only_the_privacy_officer_changes_defaults():
    sync_roles()
    assert [role for role in ROLES if "privacy.change_fielddefault" in codenames(role)] == ["privacy_officer"]


@pytest.mark.parametrize("name", sorted({name for names in ROLES.values() for name in names}))
def test_every_permission_has_a_page_on_which_it_can_be_used(name, rf):
    app, _, codename = name.partition(".")
    action, _, model = codename.partition("_")
    page = admin.site.get_model_admin(apps.get_model(app, model))
    request = rf.get("/admin/")
    request.user = Member(is_active=True, is_staff=True, is_superuser=True)
    assert getattr(page, f"has_{action}_permission")(request)


def test_nobody_deletes_but_drafts_and_what_keeps_mail_from_an_address():
    deleting = {name for names in ROLES.values() for name in names if ".delete_" in name}
    drafts = {"notifications.delete_campaign", "notifications.delete_announcement", "privacy.delete_policyversion"}
    assert deleting == {*drafts, "notifications.delete_suppression"}


def test_roles_are_exactly_those_assigned():
    member = make_staff()
    assign_roles(member, ["support", "auditor"])
    assign_roles(member, ["safety"])
    member.refresh_from_db()
    assert (member.is_staff, member.is_superuser) == (True, False)
    assert list(member.groups.values_list("name", flat=True)) == ["safety"]


def test_the_superuser_is_no_group():
    member = make_staff()
    assign_roles(member, [SUPERUSER])
    member.refresh_from_db()
    assert (member.is_superuser, member.groups.count()) == (True, 0)


def test_without_a_role_nobody_is_of_the_staff():
    member = make_staff()
    for roles in (["support", SUPERUSER], []):
        assign_roles(member, roles)
    member.refresh_from_db()
    assert (member.is_staff, member.is_superuser, member.groups.count()) == (False, False, 0)


def test_an_unknown_role_is_refused():
    member = make_staff()
    with pytest.raises(ValueError, match="unknown role 'king'"):
        assign_roles(member, ["king"])
    assert not member.is_staff
