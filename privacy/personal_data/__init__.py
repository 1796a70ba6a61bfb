"""The personal data that the policy at work itself needs."""

from . import audiences, elsewhere, erasure, policy

__all__ = ["audiences", "elsewhere", "erasure", "policy"]
