"""Addresses of what members are told, and of what they choose to hear about."""

from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("settings/notices/", views.settings, name="settings"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
