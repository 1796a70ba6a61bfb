"""The versions of the policy: written by one, published by another."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_slug
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_safe

from backoffice.acts import APPROVE, ActingAdmin, Button
from backoffice.approval import NotNow
from notifications.admin.writing import MINUTES, ours_alone, readable
from privacy.models import PolicyStage, PolicyVersion
from privacy.models.policy import UNPUBLISHED
from privacy.policy import policy_in_force, publishing
from privacy.policy.clauses import clauses_of
from security.freshness import recently_authenticated

LONGEST_SUMMARY, LONGEST_BODY = 2_000, 200_000
# Between writing it and its day, so that members can read it and decide.
USUAL_NOTICE = timedelta(days=30)
FACTS = ("stage", "written_by", "approved_by", "published_at", "digest")


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A version while it is being written."""

    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=LONGEST_BODY,
        validators=[readable],
        widget=forms.Textarea(attrs={"rows": 30}),
        help_text=gettext_lazy("Markdown. Each clause begins with “## a. Its title”."),
    )
    summary = forms.CharField(
        label=gettext_lazy("What changes, in a few sentences"),
        max_length=LONGEST_SUMMARY,
        validators=[readable, ours_alone],
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Everybody is told this by mail, and who is asked again reads it first."),
    )
    effective_at = forms.DateTimeField(
        label=gettext_lazy("In force from"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
        help_text=gettext_lazy("Ten minutes after it is approved at the earliest."),
    )

    class Meta:
        model = PolicyVersion
        fields = ("number", "summary", "body", "mode", "effective_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number = self.fields.get("number")
        if number is not None:
            number.validators.append(validate_slug)

    def clean_number(self) -> str:
        """Refuse the number of another version, whichever it is."""
        number: str = self.cleaned_data["number"]
        others = PolicyVersion.objects.exclude(pk=self.instance.pk).exclude(stage=PolicyStage.WITHDRAWN)
        if others.filter(number=number).exists():
            raise ValidationError(_("There is a version of that number already."))
        return number

    def clean_effective_at(self) -> Any:
        """Refuse a day that has come, or comes before anybody could be told."""
        day = self.cleaned_data["effective_at"]
        if day < publishing.earliest():
            raise ValidationError(_("Choose a later day: members are told before it is in force."))
        return day


def _publish(version: PolicyVersion, request: HttpRequest) -> None:
    publishing.publish(version, request.POST.get("seen", ""), by=request.user)


BUTTONS = {
    button.name: button
    for button in (
        Button(
            "finish",
            gettext_lazy("It is written"),
            (PolicyStage.DRAFT,),
            lambda version, _request: publishing.finish(version),
            gettext_lazy("Good. Somebody else has to read and approve it now."),
        ),
        Button(
            APPROVE,
            gettext_lazy("Approve, publish and tell everybody"),
            (PolicyStage.ASKED,),
            _publish,
            gettext_lazy("Published. Everybody is being told, and it is in force from its day on."),
        ),
        Button(
            "take-back",
            gettext_lazy("Back to writing"),
            (PolicyStage.ASKED,),
            lambda version, _request: publishing.take_back(version),
            gettext_lazy("It can be written again."),
        ),
        Button(
            "withdraw",
            gettext_lazy("Withdraw it before its day"),
            (PolicyStage.PUBLISHED,),
            lambda version, _request: publishing.withdraw(version),
            gettext_lazy("Withdrawn. It never comes into force, and whoever was not told yet is not."),
            is_dangerous=True,
        ),
    )
}


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ActingAdmin):
    """The versions of the policy."""

    form = PolicyForm
    buttons = BUTTONS
    list_display = ("number", "stage", "effective_at", "mode", "published_at")
    ordering = ("-effective_at", "-pk")
    change_form_template = "admin/privacy/policyversion/change_form.html"
    fields = ("number", "summary", "body", "mode", "effective_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nothing be changed that is published. What is typed meanwhile is refused with a reason."""
        is_open = obj is None or obj.stage in UNPUBLISHED or request.method == "POST"
        return super().has_change_permission(request, obj) and is_open

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let a draft be thrown away, and nothing that was published."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.stage in UNPUBLISHED)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.fields, *FACTS) if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return FACTS

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the text that is in force."""
        initial: dict[str, Any] = {"effective_at": timezone.now() + USUAL_NOTICE}
        try:
            version = policy_in_force()
        except PolicyVersion.DoesNotExist:
            return initial
        following = str(int(version.number) + 1) if version.number.isdecimal() else ""
        return initial | {"body": version.body, "number": following}

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        """Store it as a draft; an approval that was asked for has to be asked for again.

        What was published meanwhile stays, and this becomes another draft.
        """
        try:
            publishing.write(obj, by=request.user)
        except NotNow:
            publishing.write(publishing.copy_of(obj), by=request.user)
            messages.warning(request, _("It was published meanwhile and not changed. What you typed is a new draft."))

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(require_safe(self.preview_view))
        return [path("<int:number>/preview/", preview, name="privacy_policyversion_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show a version as members will read it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = get_object_or_404(PolicyVersion, pk=number)
        preamble, clauses = clauses_of(version.body)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Version %s as members read it") % version.number,
        }
        context |= {"opts": self.opts, "version": version, "preamble": preamble, "clauses": clauses}
        return render(request, "admin/privacy/policyversion/preview.html", context)

    def act_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Do what a button says; publishing takes a fresh sign-in."""
        act: Callable[..., HttpResponse] = super().act_view
        return (
            recently_authenticated(act)(request, number) if request.POST.get("act") == APPROVE else act(request, number)
        )

    def _do(self, request: HttpRequest, row: Any, button: Button) -> None:
        try:
            super()._do(request, row, button)
        except publishing.TooSoon:
            messages.error(request, _("Its day is over or only minutes away. Take it back and choose a later one."))

    def render_change_form(self, request: HttpRequest, context: Any, *rest: Any, **options: Any) -> Any:
        """Show one version with what can be done with it."""
        version = context.get("original")
        if version:
            buttons = list(self.buttons_for(request, version))
            waits = version.stage == PolicyStage.ASKED and not self.may_approve(request, version)
            context = {**context, "buttons": buttons, "waits": waits, "seen": version.seal_of_content}
        return super().render_change_form(request, context, *rest, **options)
