"""The roles of staff are groups, kept in step with their table."""

import pytest
from django.apps import apps
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


def test_only_the_privacy_officer_changes_defaults_and_policy():
    sync_roles()
    changing = {"privacy.change_fielddefault", "privacy.add_policyversion"}
    assert {role for role in ROLES if codenames(role) & changing} == {"privacy_officer"}


def test_nobody_deletes():
    assert not [name for names in ROLES.values() for name in names if ".delete_" in name]


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


def test_an_unknown_role_is_refused():
    member = make_staff()
    with pytest.raises(ValueError, match="unknown role 'king'"):
        assign_roles(member, ["king"])
    assert not member.is_staff
