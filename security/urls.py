"""Addresses of what keeps an account safe."""

from django.urls import path

from .views import again, settings

app_name = "security"
urlpatterns = [
    path("sign-in/again/", again.again, name="again"),
    path("settings/security/", settings.settings, name="settings"),
]
