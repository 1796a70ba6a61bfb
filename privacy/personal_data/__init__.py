"""The personal data that the policy at work itself needs."""

from . import audiences, changes, elsewhere, erasure, policy

__all__ = ["audiences", "changes", "elsewhere", "erasure", "policy"]
