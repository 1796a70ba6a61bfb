"""Acts on one row: a button for each, at the stages at which there is something to do, and one address for all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .approval import Changed, NotNow, YourOwnWords, is_written_by
from .pages import StaffAdmin

APPROVE = "approve"


@dataclass(frozen=True)
class Button:
    """One act on a row: at which stages there is one, what it is called, and what is said when it is done."""

    name: str
    label: Any
    stages: tuple[Any, ...]
    act: Callable[[Any, HttpRequest], None]
    done: Any
    is_dangerous: bool = False


class ActingAdmin(StaffAdmin):
    """An admin page whose rows go from stage to stage: written by one, approved by another.

    Subclasses name the ``buttons``; the one called *approve* is for who has ``approve_<model>``, the others for who
    may change rows, unless a page says otherwise.
    """

    buttons: ClassVar[Mapping[str, Button]] = {}

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may press the buttons that are not approvals."""
        return super().has_change_permission(request)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Say whether this member of staff may approve what others wrote."""
        return request.user.has_perm(f"{self.opts.app_label}.approve_{self.opts.model_name}")

    def is_written_by(self, row: Any, member: Any) -> bool:
        """Say whether ``member`` had a hand in ``row``, and so does not approve it."""
        return is_written_by(row, member)

    def get_urls(self) -> list[URLPattern]:
        act = require_POST(self.admin_site.admin_view(self.act_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [path("<int:number>/act/", act, name=name), *super().get_urls()]

    def act_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Do what a button says."""
        may_change = self.has_act_permission(request)
        if not (may_change or self.has_approve_permission(request)):
            raise PermissionDenied
        row = get_object_or_404(self.model, pk=number)
        button = self.buttons.get(request.POST.get("act", ""))
        if button is None:
            raise Http404
        if not (self.has_approve_permission(request) if button.name == APPROVE else may_change):
            raise PermissionDenied
        self._do(request, row, button)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)

    def _do(self, request: HttpRequest, row: Model, button: Button) -> None:
        try:
            with transaction.atomic():  # nothing is done that is not written down
                button.act(row, request)
                self.log_change(request, row, button.name)
        except NotNow:
            messages.error(request, _("That was too late: it has come further meanwhile."))
        except YourOwnWords:
            messages.error(request, _("You wrote it yourself. Somebody else has to approve it."))
        except Changed:
            messages.error(request, _("It was changed since you looked at it. Read it once more."))
        else:
            messages.success(request, button.done)

    def buttons_for(self, request: HttpRequest, row: Any) -> Iterator[Button]:
        """Yield what this member of staff can do with ``row`` now."""
        may_change, may_approve = self.has_act_permission(request), self.may_approve(request, row)
        for button in self.buttons.values():
            if row.stage in button.stages and (may_approve if button.name == APPROVE else may_change):
                yield button

    def may_approve(self, request: HttpRequest, row: Any) -> bool:
        """Say whether this member of staff may approve this very row."""
        return self.has_approve_permission(request) and not self.is_written_by(row, request.user)
