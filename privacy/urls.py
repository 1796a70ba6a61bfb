"""Addresses of the policy at work."""

from django.urls import path

from .views import audiences, certificates, policy

app_name = "privacy"
urlpatterns = [
    path("settings/privacy/", audiences.settings_privacy, name="settings-privacy"),
    path("settings/privacy/listed/", audiences.set_listed, name="listed"),
    path("settings/privacy/<slug:field>/", audiences.field_audience, name="field-audience"),
    path("settings/check-up/", audiences.check_up, name="check-up"),
    path("erasure/verify/", certificates.verify, name="verify-certificate"),
    path("erasure/key.pem", certificates.key, name="certificate-key"),
    path("policy/", policy.policy, name="policy"),
    path("policy/versions/", policy.policy_versions, name="policy-versions"),
    path("policy/versions/<str:number>/", policy.policy_version, name="policy-version"),
]
