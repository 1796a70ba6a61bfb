"""What the policy at work needs to remember."""

from .audiences import (
    AgeApplied,
    Circle,
    CircleMember,
    DefaultSet,
    FieldCircle,
    FieldDefault,
    FieldException,
    FieldReview,
)
from .erasure import ErasureRequest
from .fields import MOST_DIGITS, AudienceField, number_written, random_number
from .policy import PolicyAcceptance, PolicyStage, PolicyVersion, pseudonym_of

__all__ = [
    "MOST_DIGITS",
    "AgeApplied",
    "AudienceField",
    "Circle",
    "CircleMember",
    "DefaultSet",
    "ErasureRequest",
    "FieldCircle",
    "FieldDefault",
    "FieldException",
    "FieldReview",
    "PolicyAcceptance",
    "PolicyStage",
    "PolicyVersion",
    "number_written",
    "pseudonym_of",
    "random_number",
]
