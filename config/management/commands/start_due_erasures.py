"""Erase who left and whose grace is over, now rather than at the next minute."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.erasing import erase_due


class Command(BaseCommand):
    """Calls what the clock calls every minute."""

    help = "Erases the accounts that were cancelled and whose grace is over."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Accounts erased: {erase_due(timezone.now())}")
