"""What carries each promise of the policy out: modules, and screens of the back office.

A promise stands here once all of it is kept, and not before: ``check_promises`` fails while one of these has no test.
Those that are missing are kept in part, or not built yet, and the public reads that of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Execution:
    """``code`` names modules, ``staff`` the models whose screens staff work with."""

    code: tuple[str, ...]
    staff: tuple[str, ...] = ()


EXECUTED_BY = {
    "I1": Execution(
        ("privacy.policy.publishing", "privacy.policy.differences", "privacy.policy.controls"),
        ("privacy.PolicyVersion",),
    ),
    "A1": Execution(("catalogue.registry", "catalogue.checks", "privacy.policy.data_table")),
    "A2": Execution(("catalogue.checks", "accounts.forms.joining")),
    "B1": Execution(("accounts.personal_data",)),
    "B2": Execution(("accounts.personal_data", "accounts.pictures")),
    "B3": Execution(("security.personal_data", "privacy.retention", "security.housekeeping")),
    "C2": Execution(("security.freshness", "accounts.email_change", "accounts.phones"), ("accounts.Member",)),
    "C3": Execution(("accounts.reviewing",)),
    "D1": Execution(("accounts.cancelling",), ("accounts.Member", "privacy.ErasureRequest")),
    "D2": Execution(
        ("privacy.erasure.engine", "privacy.erasure.steps", "encryption.keys"), ("privacy.ErasureRequest",)
    ),
    "E1": Execution(("privacy.audiences", "privacy.rule")),
    "E2": Execution(("privacy.defaults", "accounts.registration"), ("privacy.FieldDefault",)),
    "E3": Execution(("privacy.checkup", "privacy.reminding")),
    "E4": Execution(("privacy.viewing_as",)),
    "E6": Execution(("privacy.visibility", "privacy.statement", "accounts.directory")),
    "E7": Execution(("privacy.visibility", "privacy.statement")),
    "E8": Execution(("privacy.defaults", "privacy.audiences"), ("privacy.FieldDefault",)),
    "F1": Execution(
        ("privacy.policy.asking", "privacy.policy.publishing", "config.agreeing"), ("privacy.PolicyVersion",)
    ),
    "F2": Execution(("accounts.forms.joining", "accounts.profiles")),
    "F4": Execution(
        ("notifications.preferences", "notifications.unsubscribing", "notifications.privacy_control"),
        ("notifications.Preference",),
    ),
    "F5": Execution(("notifications.deciding", "notifications.delivery"), ("notifications.Notification",)),
    "F6": Execution(("notifications.looking", "notifications.deciding"), ("notifications.Campaign",)),
    "G1": Execution(("privacy.audiences", "privacy.forms")),
    "K1": Execution(("config.settings", "config.middleware")),
    "K2": Execution(("encryption.envelope", "encryption.fields", "encryption.storage")),
    "M2": Execution(("privacy.juveniles", "notifications.deciding"), ("privacy.FieldDefault",)),
    "N1": Execution(("security.allowances", "security.guarding", "accounts.pictures")),
    "N2": Execution(("security.events", "security.sessions", "security.second_step")),
}
