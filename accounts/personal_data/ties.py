"""What members are to each other."""

from django.utils.translation import gettext_lazy as _

from catalogue.declarations import PersonalData, PersonalField
from catalogue.erasure import DeleteRow
from catalogue.registry import register
from catalogue.vocabulary import Category, Purpose

for model, people, when, purpose in (
    ("accounts.Friendship", ("person", "friend"), "since", Purpose.RELATIONSHIPS),
    ("accounts.FriendRequest", ("sender", "recipient"), "asked_at", Purpose.RELATIONSHIPS),
    ("accounts.Decline", ("decliner", "asker"), "at", Purpose.CHOICES),
    ("accounts.Block", ("blocker", "blocked"), "since", Purpose.SAFETY),
    ("accounts.Mute", ("muter", "muted"), "since", Purpose.RELATIONSHIPS),
):
    register(
        PersonalData(
            model=model,
            subjects=people,
            known_to=people if model == "accounts.FriendRequest" else (),
            fields=tuple(
                PersonalField(name=name, label=label, category=Category.UPLOADED, purpose=purpose, erasure=DeleteRow())
                for name, label in ((people[0], _("Who")), (people[1], _("Whom")), (when, _("Since")))
            ),
            not_personal={"id": "number of the row"},
        )
    )
