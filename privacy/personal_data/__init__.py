"""The personal data that the policy at work itself needs."""

from . import age, audiences, changes, elsewhere, erasure, policy

__all__ = ["age", "audiences", "changes", "elsewhere", "erasure", "policy"]
