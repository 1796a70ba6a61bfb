"""What members are told by the policy at work, a module for each right."""

from . import erasure, policy, settings

__all__ = ["erasure", "policy", "settings"]
