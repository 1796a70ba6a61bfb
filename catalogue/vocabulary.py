"""The words of the policy: what is held, what for, on which ground, and who may see it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """Where a piece of information came from: the three kinds that the policy names."""

    REGISTRATION = "registration", _("Registration information")
    UPLOADED = "uploaded", _("Information you uploaded")
    OBSERVED = "observed", _("Information from your use of the service")


class Purpose(models.TextChoices):
    """What a piece of information is held for. There is no purpose of sale, and none may be added."""

    IDENTITY = "identity", _("your identity on the site")
    SIGN_IN = "sign_in", _("signing in")
    PROFILE = "profile", _("your profile")
    CONTENT = "content", _("what you publish")
    RELATIONSHIPS = "relationships", _("your friends and circles")
    CONTACT_BY_FRIENDS = "contact_by_friends", _("being reached by friends")
    BEING_FOUND = "being_found", _("being found by others")
    AGE_PROTECTION = "age_protection", _("protecting juveniles")
    CHOICES = "choices", _("keeping to your choices")
    SERVICE_NOTICES = "service_notices", _("telling you what you need to know")
    NEWS = "news", _("news that you asked for")
    TAILORING = "tailoring", _("content chosen for you")
    PARTNER_SERVICES = "partner_services", _("services of partners that you agreed to")
    SAFETY = "safety", _("keeping members safe")
    SECURITY = "security", _("security of the service")
    ACCOUNTABILITY = "accountability", _("proving who received what, and when")


class Basis(models.TextChoices):
    """The lawful ground of holding it: GDPR Article 6(1), letters (a) to (d) and (f)."""

    CONSENT = "consent", _("your consent (GDPR Article 6(1)(a))")
    CONTRACT = "contract", _("our contract with you (GDPR Article 6(1)(b))")
    LEGAL_OBLIGATION = "legal_obligation", _("a legal obligation (GDPR Article 6(1)(c))")
    VITAL_INTEREST = "vital_interest", _("somebody's vital interest (GDPR Article 6(1)(d))")
    LEGITIMATE_INTEREST = "legitimate_interest", _("a legitimate interest (GDPR Article 6(1)(f))")


class Audience(models.IntegerChoices):
    """Who may see a value; a greater number is a narrower audience, so that SQL may compare them."""

    EVERYONE = 0, _("Everyone")
    MEMBERS = 1, _("Members")
    FRIENDS = 2, _("Friends")
    CIRCLES = 3, _("Chosen circles")
    ONLY_ME = 4, _("Only me")

    @property
    def word(self) -> str:
        """Return the name that files and APIs use: ``only_me``."""
        return self.name.lower()

    @property
    def icon(self) -> str:
        """Return the id of the icon: ``only-me``; a single ``circle`` for circles."""
        return "circle" if self is Audience.CIRCLES else self.word.replace("_", "-")

    @property
    def css(self) -> str:
        """Return the class that colours it: ``is-only-me``."""
        return f"is-{self.word.replace('_', '-')}"

    @classmethod
    def from_word(cls, word: str) -> "Audience":
        """Return the audience called ``word``; raise ValueError, naming the words there are, if there is none."""
        for audience in cls:
            if audience.word == word:
                return audience
        known = ", ".join(audience.word for audience in cls)
        raise ValueError(f"unknown audience {word!r} (there are: {known})")
