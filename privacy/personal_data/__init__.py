"""The personal data that the policy at work itself needs."""

from . import age, audiences, elsewhere, erasure, policy

__all__ = ["age", "audiences", "elsewhere", "erasure", "policy"]
