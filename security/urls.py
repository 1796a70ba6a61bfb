"""Addresses of what keeps an account safe."""

from django.urls import path

from .views import again, events, gave_away, not_me, passkeys, sessions, settings, steps, verify

app_name = "security"
urlpatterns = [
    path("sign-in/again/", again.again, name="again"),
    path("sign-in/again/drop/", again.drop, name="again-drop"),
    path("sign-in/again/passkey/begin/", passkeys.BeginRenewing.as_view(), name="passkey-again-begin"),
    path("sign-in/again/passkey/", passkeys.Renew.as_view(), name="passkey-again"),
    path("sign-in/verify/", verify.second_step, name="verify"),
    path("sign-in/passkey/begin/", passkeys.BeginUsing.as_view(), name="passkey-use-begin"),
    path("sign-in/passkey/", passkeys.Use.as_view(), name="passkey-use"),
    path("settings/security/", settings.settings, name="settings"),
    path("settings/security/sessions/", sessions.sessions, name="sessions"),
    path("settings/security/sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("settings/security/sessions/<uuid:sign_in_id>/end/", sessions.end, name="session-end"),
    path("settings/security/events/", events.events, name="events"),
    path("settings/security/events/<int:event_id>/mine/", events.mine, name="event-mine"),
    path("settings/security/not-me/<int:event_id>/", not_me.not_me_here, name="not-me-here"),
    path("settings/security/gave-away/", gave_away.gave_away, name="gave-away"),
    path("security/not-me/<str:token>/", not_me.not_me, name="not-me"),
    path("settings/security/app/", steps.add_app, name="app"),
    path("settings/security/passkey/", steps.add_passkey, name="passkey"),
    path("settings/security/passkey/begin/", passkeys.BeginAdding.as_view(), name="passkey-add-begin"),
    path("settings/security/passkey/add/", passkeys.Add.as_view(), name="passkey-add"),
    path("settings/security/steps/keep/", steps.keep, name="steps-keep"),
    path("settings/security/steps/<slug:kind>/<int:step_id>/", steps.step, name="step"),
    path("settings/security/steps/<slug:kind>/<int:step_id>/remove/", steps.remove, name="step-remove"),
    path("settings/security/codes/", steps.codes, name="codes"),
    path("settings/security/codes/file/", steps.codes_file, name="codes-file"),
]
