"""The policy: its versions, how their text is read, and who agreed to which."""

from .versions import agree, policy_in_force

__all__ = ["agree", "policy_in_force"]
