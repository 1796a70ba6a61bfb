"""The policy: its versions, how their text is read, and who agreed to which."""

from .versions import agree, disclaim, policy_in_force

__all__ = ["agree", "disclaim", "policy_in_force"]
