"""Addresses of the policy at work."""

from django.urls import path

from .views import agreeing, audiences, certificates, download, information, policy, policy_changes, policy_kept

app_name = "privacy"
urlpatterns = [
    path("settings/privacy/", audiences.settings_privacy, name="settings-privacy"),
    path("settings/privacy/listed/", audiences.set_listed, name="listed"),
    path("settings/privacy/<slug:field>/", audiences.field_audience, name="field-audience"),
    path("settings/check-up/", audiences.check_up, name="check-up"),
    path("erasure/verify/", certificates.verify, name="verify-certificate"),
    path("erasure/key.pem", certificates.key, name="certificate-key"),
    path("policy/", policy.policy, name="policy"),
    path("settings/information/", information.information, name="information"),
    path("settings/information/download/", download.download, name="download"),
    path("settings/information/download/ask/", download.ask, name="download-ask"),
    path("settings/information/download/get/", download.fetch, name="download-get"),
    path("settings/information/download/delete/", download.delete, name="download-delete"),
    path("settings/information/changes/", information.changes, name="changes"),
    path("settings/information/<str:label>/", information.information_of, name="information-of"),
    path("policy/agree/", agreeing.agree, name="agree"),
    path("policy/agreed/", agreeing.agreed, name="agreed"),
    path("policy/data/", policy.policy_data, name="policy-data"),
    path("policy/kept/", policy_kept.policy_kept, name="kept"),
    path("policy/versions/", policy.policy_versions, name="policy-versions"),
    path("policy/versions/<str:number>/", policy.policy_version, name="policy-version"),
    path("policy/changes/", policy_changes.policy_changes, name="policy-changes"),
    path("policy/changes/<str:number>/", policy_changes.policy_changes_of, name="policy-changes-of"),
]
