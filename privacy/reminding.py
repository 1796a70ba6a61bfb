"""Who has not looked over their settings is reminded: some weeks after joining, and again when there are new fields."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from notifications.models import Notification
from notifications.sending import notify_many

from .fields import bearers
from .models import FieldReview
from .notices.settings import CHECK_UP

AFTER_JOINING = timedelta(days=14)
BATCH = 500
# The rest is reminded the next day.
MOST_AT_ONCE = 20_000


def remind_of_check_up(now: datetime) -> int:
    """Remind everybody who is due; return how many. Killed halfway, the next run reminds the rest."""
    due, reminded = list(due_for_check_up(now).values_list("pk", flat=True)[:MOST_AT_ONCE]), 0
    for start in range(0, len(due), BATCH):
        batch = due[start : start + BATCH]
        with transaction.atomic():
            notify_many(CHECK_UP, batch, occasion=f"{now:%Y-%m-%d}")
        reminded += len(batch)
    return reminded


def due_for_check_up(now: datetime) -> "QuerySet[Any]":
    """Return the members with a field that they have not looked over.

    Nobody is reminded twice within ninety days: as long as the row of the last reminder is kept.
    """
    names = tuple(bearers())
    seen = FieldReview.objects.filter(member=OuterRef("pk"), field__in=names).order_by().values("member")
    how_many = Coalesce(Subquery(seen.annotate(found=Count("pk")).values("found")), 0)
    told = Notification.objects.filter(member=OuterRef("pk"), notice=CHECK_UP.slug)
    members: Any = get_user_model()._default_manager
    people: QuerySet[Any] = members.active().filter(joined_at__lte=now - AFTER_JOINING).alias(looked_over=how_many)
    return people.filter(~Exists(told), looked_over__lt=len(names)).order_by("pk")
