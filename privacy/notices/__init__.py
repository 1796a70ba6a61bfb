"""What members are told by the policy at work, a module for each right."""

from . import download, erasure, policy, settings

__all__ = ["download", "erasure", "policy", "settings"]
