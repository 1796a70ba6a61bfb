"""Addresses of what keeps an account safe."""

from django.urls import path

from .views import again, events, gave_away, not_me, sessions, settings

app_name = "security"
urlpatterns = [
    path("sign-in/again/", again.again, name="again"),
    path("settings/security/", settings.settings, name="settings"),
    path("settings/security/sessions/", sessions.sessions, name="sessions"),
    path("settings/security/sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("settings/security/sessions/<uuid:sign_in_id>/end/", sessions.end, name="session-end"),
    path("settings/security/events/", events.events, name="events"),
    path("settings/security/events/<int:event_id>/mine/", events.mine, name="event-mine"),
    path("settings/security/not-me/<int:event_id>/", not_me.not_me_here, name="not-me-here"),
    path("settings/security/gave-away/", gave_away.gave_away, name="gave-away"),
    path("security/not-me/<str:token>/", not_me.not_me, name="not-me"),
]
