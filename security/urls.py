"""Addresses of what keeps an account safe."""

from django.urls import path

from .views import settings

app_name = "security"
urlpatterns = [
    path("settings/security/", settings.settings, name="settings"),
]
