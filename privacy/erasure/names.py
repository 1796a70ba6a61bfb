"""How models are called where people read of them who are not staff: in certificates, and in what a court orders."""

from django.apps import apps
from django.utils.translation import gettext_lazy as _

# Of models that have no name of their own for people.
NAMES = {
    "accounts.Block": _("blocks"),
    "accounts.Decline": _("requests that were declined"),
    "accounts.EmailChange": _("changes of e-mail address"),
    "accounts.FriendRequest": _("friend requests"),
    "accounts.Friendship": _("friendships"),
    "accounts.InformationReview": _("yearly looks over the information"),
    "accounts.Mute": _("mutes"),
    "accounts.PhoneCode": _("codes sent to a phone"),
    "accounts.Picture": _("pictures"),
    "accounts.ReservedHandle": _("closed handle, as a digest"),
    "accounts.StaffInvitation": _("invitations to the staff"),
    "admin.LogEntry": _("acts in the back office"),
    "django_otp_webauthn.WebAuthnUserHandle": _("numbers that passkeys know"),
    "notifications.Announced": _("announcements put away"),
    "privacy.AgeCase": _("questions about an age"),
    "privacy.Circle": _("circles"),
    "privacy.CircleMember": _("people in circles"),
    "privacy.Download": _("downloads"),
    "privacy.FieldCircle": _("circles that see a field"),
    "privacy.FieldException": _("people excepted from a field"),
    "privacy.FieldReview": _("fields looked over"),
    "privacy.PolicyAcceptance": _("agreements to the policy"),
    "security.Browser": _("browsers"),
    "security.Event": _("security events"),
    "security.Interrupted": _("forms waiting for a fresh sign-in"),
    "security.RecoveryCode": _("single recovery codes"),
    "security.RecoveryCodes": _("sheets of recovery codes"),
    "security.Session": _("sessions"),
    "security.SignIn": _("sign-ins"),
    "security.StepRemoval": _("second steps in question"),
    "security.Token": _("mailed links"),
}


def name_of(label: str) -> str:
    """Return how the rows of a model are called."""
    return str(NAMES.get(label) or apps.get_model(label)._meta.verbose_name_plural)
