"""What members of staff may do: one Django group per role, kept in step with the table below.

A role says what may be changed and worked on. Masks stay on for every role and for superusers:
what is covered opens only through an act of its own, with a reason, and the member is told.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import router, transaction

from security import events
from security.models import Kind
from security.observing import Observation
from security.sessions import end_sessions

SUPERUSER = "superuser"

MASKED_VIEW = ("accounts.view_member",)
# Who leaves, and who asked staff for it.
LEAVING = ("accounts.cancel_member", "privacy.view_erasurerequest")
# Somebody may be a child: handed to the staff of safety.
REPORTING = ("privacy.report_agecase",)
# Whose age is in question, and the erasure of a child's account that a colleague wants.
AGES = (*REPORTING, "privacy.view_agecase", "privacy.approve_agecase")
# What fails is tried again at once.
ERASING = ("privacy.retry_erasurerequest", "privacy.view_legalhold")
# What the law forbids to erase; nobody approves what they asked for.
HOLDING = tuple(f"privacy.{act}_legalhold" for act in ("view", "add", "approve", "lift"))
# Notices: what became of them, and once more for what was given up; addresses that take nothing.
OUTBOX = (
    "notifications.view_notification",
    "notifications.retry_notification",
    "notifications.view_preference",
    "notifications.view_suppression",
    "notifications.delete_suppression",
)
ANNOUNCING = tuple(f"notifications.{act}_announcement" for act in ("view", "add", "change", "delete"))
# What has a term, and when it went.
RETENTION = ("privacy.view_retentionrun", "privacy.start_retentionrun")
# The policy: one writes, another approves.
POLICY = tuple(f"privacy.{act}_policyversion" for act in ("view", "add", "change", "delete", "approve"))
# Campaigns of others.
APPROVING = ("notifications.view_campaign", "notifications.approve_campaign")

ROLES: dict[str, tuple[str, ...]] = {
    # masked; may uncover contact data
    "support": (*MASKED_VIEW, *LEAVING, *OUTBOX, *REPORTING, "privacy.view_policyversion"),
    # reports, and juveniles
    "safety": (*MASKED_VIEW, "accounts.change_member", *AGES, "privacy.decide_agecase", "privacy.view_policyversion"),
    # defaults, policy, erasure, incidents
    "privacy_officer": (
        *MASKED_VIEW,
        *AGES,
        *LEAVING,
        *ERASING,
        "privacy.view_fielddefault",
        "privacy.change_fielddefault",
        *POLICY,
        *RETENTION,
        *OUTBOX,
        *APPROVING,
        *ANNOUNCING,
    ),
    # disclosure requests
    "legal": (
        *MASKED_VIEW,
        *APPROVING,
        *HOLDING,
        "privacy.view_erasurerequest",
        "privacy.view_policyversion",
        "privacy.approve_policyversion",
    ),
    # agreements
    "partner_manager": (*MASKED_VIEW, "privacy.view_policyversion"),
    # product and marketing
    "campaigns": (
        *MASKED_VIEW,
        *APPROVING,
        *ANNOUNCING,
        "notifications.add_campaign",
        "notifications.change_campaign",
        "notifications.delete_campaign",
        "notifications.view_notification",
        "privacy.view_policyversion",
    ),
    # reads ledger and logs, uncovers nothing
    "auditor": (
        *MASKED_VIEW,
        "privacy.view_fielddefault",
        "privacy.view_retentionrun",
        "privacy.view_policyversion",
        "notifications.view_campaign",
        "notifications.view_notification",
        "notifications.view_suppression",
    ),
}


def sync_roles(using: str = "default", **_signal: Any) -> None:
    """Make one group per role with exactly the permissions of the table; others are taken away.

    Fit as a ``post_migrate`` receiver. A permission whose model is not migrated yet waits for the next run.
    """
    if not router.allow_migrate_model(using, Group):
        return
    permissions = _permissions(using)
    with transaction.atomic(using=using):
        for role, names in ROLES.items():
            group, _made = Group.objects.using(using).get_or_create(name=role)
            group.permissions.set([permissions[name] for name in names if name in permissions])


def _permissions(using: str) -> dict[str, Permission]:
    """Return every permission by ``app.codename``, made first where Django has not come to it yet."""
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0, using=using)
    found = Permission.objects.using(using).select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}": permission for permission in found}


def assign_roles(member: Any, roles: Iterable[str]) -> None:
    """Make ``member`` staff with exactly these roles, or none of the staff without any; end their sessions.

    Those began with other roles. Raises ``ValueError`` for an unknown role.
    """
    wanted = set(roles)
    if unknown := wanted - {*ROLES, SUPERUSER}:
        raise ValueError(f"unknown role {min(unknown)!r}")
    with transaction.atomic():
        member.is_staff = bool(wanted)
        member.is_superuser = SUPERUSER in wanted
        member.save(update_fields=["is_staff", "is_superuser"])
        member.groups.set([Group.objects.get_or_create(name=role)[0] for role in sorted(wanted - {SUPERUSER})])
        end_sessions(member)


def roles_of(member: Any) -> set[str]:
    """Return the roles that a member has."""
    return {*member.groups.values_list("name", flat=True), *([SUPERUSER] if member.is_superuser else [])}


@transaction.atomic
def change_roles(member: Any, roles: Iterable[str], *, by: Any, seen: Observation) -> None:
    """Give a colleague exactly these roles; without any they are none of the staff any more.

    Raises ``PermissionDenied`` for oneself, for who is no colleague, and unless ``by`` is a superuser at this moment:
    of two who take each other's roles away, one stays.
    """
    people = {each.pk: each for each in type(member).objects.select_for_update().filter(pk__in=[member.pk, by.pk])}
    colleague, chief = people.get(member.pk), people.get(by.pk)
    if chief is None or not (chief.is_active and chief.is_superuser) or colleague is None:
        raise PermissionDenied
    if colleague == chief or not colleague.is_staff:
        raise PermissionDenied
    assign_roles(colleague, roles)
    events.happened(colleague, Kind.ROLES_CHANGED, seen=seen)
