"""Addresses of people: joining, signing in, profiles, relationships, own settings."""

from django.urls import path

from .views import email, home, joining, media, not_me, passwords, people, profile, relationships, settings, signing

app_name = "accounts"
urlpatterns = [
    path("", home.home, name="home"),
    path("join/", joining.join, name="join"),
    path("join/sent/", joining.sent, name="join-sent"),
    path("join/confirm/<str:token>/", joining.confirm, name="confirm-email"),
    path("sign-in/", signing.sign_in, name="sign-in"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("password/reset/", passwords.ask_reset, name="password-reset"),
    path("password/reset/sent/", passwords.reset_sent, name="password-reset-sent"),
    path("password/reset/<str:token>/", passwords.reset, name="password-reset-confirm"),
    path("security/not-me/<str:token>/password/", not_me.new_password, name="not-me-password"),
    path("password/change/", passwords.change, name="password-change"),
    path("people/", people.people, name="people"),
    path("@<str:handle>/", profile.profile, name="profile"),
    path("@<str:handle>/sees/<slug:field>/", profile.who_sees, name="who-sees"),
    path("media/<uuid:picture_id>/<slug:size>/", media.media, name="media"),
    path("friends/", relationships.friends, name="friends"),
    path("friends/ask/<str:handle>/", relationships.ask, name="friend-ask"),
    path("friends/withdraw/<str:handle>/", relationships.withdraw, name="friend-withdraw"),
    path("friends/accept/<str:handle>/", relationships.accept, name="friend-accept"),
    path("friends/decline/<str:handle>/", relationships.decline, name="friend-decline"),
    path("friends/end/<str:handle>/", relationships.end, name="friend-end"),
    path("circles/", relationships.circles, name="circles"),
    path("circles/<int:circle_id>/", relationships.circle, name="circle"),
    path("circles/<int:circle_id>/add/", relationships.circle_add, name="circle-add"),
    path("circles/<int:circle_id>/remove/<str:handle>/", relationships.circle_remove, name="circle-remove"),
    path("circles/<int:circle_id>/delete/", relationships.circle_delete, name="circle-delete"),
    path("blocks/", relationships.blocks, name="blocks"),
    path("blocks/add/<str:handle>/", relationships.block, name="block"),
    path("blocks/lift/<str:handle>/", relationships.unblock, name="unblock"),
    path("mutes/add/<str:handle>/", relationships.mute, name="mute"),
    path("mutes/lift/<str:handle>/", relationships.unmute, name="unmute"),
    path("settings/profile/", settings.edit_profile, name="settings-profile"),
    path("settings/email/", email.settings, name="settings-email"),
    path("settings/email/cancel/", email.cancel, name="email-cancel"),
    path("email/confirm/<str:token>/", email.confirm, name="email-confirm"),
    path("email/stopped/", email.stopped, name="email-stopped"),
    path("email/stop/<str:token>/", email.stop, name="email-stop"),
    path("settings/picture/remove/", settings.remove_picture, name="picture-remove"),
]
