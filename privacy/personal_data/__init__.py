"""The personal data that the policy at work itself needs."""

from . import age, audiences, changes, download, elsewhere, erasure, policy

__all__ = ["age", "audiences", "changes", "download", "elsewhere", "erasure", "policy"]
