"""What the policy at work needs to remember."""

from .age import AgeCase
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
from .changes import Change
from .download import Download
from .erasure import ErasureRequest, ErasureStep
from .fields import MOST_DIGITS, AudienceField, number_written, random_number
from .holds import LegalHold
from .policy import PolicyAcceptance, PolicyStage, PolicyVersion, pseudonym_of
from .retention import RetentionRun

__all__ = [
    "MOST_DIGITS",
    "AgeApplied",
    "AgeCase",
    "AudienceField",
    "Change",
    "Circle",
    "CircleMember",
    "DefaultSet",
    "Download",
    "ErasureRequest",
    "ErasureStep",
    "FieldCircle",
    "FieldDefault",
    "FieldException",
    "FieldReview",
    "LegalHold",
    "PolicyAcceptance",
    "PolicyStage",
    "PolicyVersion",
    "RetentionRun",
    "number_written",
    "pseudonym_of",
    "random_number",
]
