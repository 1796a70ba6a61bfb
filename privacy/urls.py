"""Addresses of the policy at work."""

from django.urls import path

from . import views

app_name = "privacy"
urlpatterns = [
    path("settings/privacy/", views.settings_privacy, name="settings-privacy"),
    path("settings/privacy/listed/", views.set_listed, name="listed"),
    path("settings/privacy/<slug:field>/", views.field_audience, name="field-audience"),
    path("settings/check-up/", views.check_up, name="check-up"),
    path("policy/", views.policy, name="policy"),
    path("policy/versions/", views.policy_versions, name="policy-versions"),
    path("policy/versions/<str:number>/", views.policy_version, name="policy-version"),
]
