"""The back office of people: who is here, everything personal covered."""

from django.contrib import admin

from privacy.masking import PersonalDataAdmin

from .models import Member


@admin.register(Member)
class MemberAdmin(PersonalDataAdmin):
    """Members by handle. Taking away *active* suspends somebody at once, everywhere."""

    list_display = ("handle", "is_active", "is_staff", "joined_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("handle",)
    ordering = ("handle",)
    fields = ("handle", "is_active", "is_staff", "joined_at", "email_verified_at")
    readonly_fields = ("handle", "is_staff", "joined_at", "email_verified_at")
    list_per_page = 50
    show_full_result_count = False
