"""A published version of the policy is what people agreed to: neither code nor a database client changes it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from privacy.models import PolicyVersion
from privacy.policy import agree, policy_in_force
from tests import factories

pytestmark = pytest.mark.django_db


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def stored() -> list[tuple]:
    return list(PolicyVersion.objects.order_by("pk").values_list())


CHANGES = {
    "through the queryset": lambda: PolicyVersion.objects.update(body="Anything goes."),
    "of its day, through the queryset": lambda: PolicyVersion.objects.update(
        effective_at=timezone.now() + timedelta(days=9)
    ),
    "in bulk": lambda: PolicyVersion.objects.bulk_update([PolicyVersion(pk=policy_in_force().pk, body="")], ["body"]),
    "in SQL": lambda: raw("UPDATE privacy_policyversion SET mode = 'ask'"),
    "of its stage": lambda: PolicyVersion.objects.update(stage="draft"),
    "once its day has come, to withdrawn": lambda: PolicyVersion.objects.update(stage="withdrawn"),
    "of what was declared": lambda: PolicyVersion.objects.update(data_table=[]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_of_a_published_version_passes_the_database(change):
    before = stored()
    with pytest.raises(IntegrityError), transaction.atomic():
        CHANGES[change]()
    assert stored() == before


def test_a_model_says_so_before_the_database_does():
    version, before = policy_in_force(), stored()
    version.body, version.effective_at = "Anything goes.", timezone.now() + timedelta(days=9)
    with pytest.raises(PolicyVersion.Frozen, match="Write a new one"):
        version.save()
    with pytest.raises(PolicyVersion.Frozen):
        version.delete()
    assert stored() == before


DELETIONS = {
    "through the queryset": lambda: PolicyVersion.objects.filter(acceptances=None).delete(),
    "in SQL": lambda: raw("DELETE FROM privacy_policyversion WHERE number = 'later'"),
}


@pytest.mark.parametrize("deletion", DELETIONS)
def test_a_published_version_stays_once_anybody_has_agreed_to_any(deletion):
    agree(factories.make_member("rose"), policy_in_force())
    PolicyVersion.objects.bring("later", "Later.", timezone.now() + timedelta(hours=1))
    before = stored()
    with pytest.raises(IntegrityError), transaction.atomic():
        DELETIONS[deletion]()
    assert stored() == before


def test_a_draft_can_be_worked_on_and_thrown_away():
    draft = PolicyVersion.objects.create(number="draft", body="A", effective_at=timezone.now() + timedelta(hours=1))
    draft.body = "B"
    draft.save()
    PolicyVersion.objects.filter(number="draft").update(mode="ask")
    assert PolicyVersion.objects.filter(number="draft").values_list("body", "mode").get() == ("B", "ask")
    draft.delete()
    assert not PolicyVersion.objects.filter(number="draft").exists()
