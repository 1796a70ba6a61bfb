"""Addresses of what members are told, and of what they choose to hear about."""

from django.urls import path

from .views import choosing, inbox

app_name = "notifications"
urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/all-read/", inbox.all_read, name="all-read"),
    path("inbox/<str:token>/", inbox.notice, name="notice"),
    path("announcements/<int:number>/put-away/", inbox.put_away, name="put-away"),
    path("settings/notices/", choosing.settings, name="settings"),
    path("settings/notices/write-again/", choosing.write_again, name="write-again"),
    path("unsubscribe/<str:token>/", choosing.unsubscribe, name="unsubscribe"),
]
