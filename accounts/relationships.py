"""What members are to each other, told to the policy as querysets of ids."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from .models import Block, Friendship


class SocialGraph:
    """The relationships of this network (see ``privacy.relationships``)."""

    def friend_ids(self, viewer_id: int, among: Collection[int] | None = None) -> "QuerySet[Any, int]":
        friendships = Friendship.objects.filter(person=viewer_id)
        if among is not None:
            friendships = friendships.filter(friend__in=among)
        return friendships.values_list("friend_id", flat=True)

    def blocked_ids(self, viewer_id: int) -> "QuerySet[Any, int]":
        mine = Block.objects.filter(blocker=viewer_id).values_list("blocked_id", flat=True)
        theirs = Block.objects.filter(blocked=viewer_id).values_list("blocker_id", flat=True)
        return mine.union(theirs)
