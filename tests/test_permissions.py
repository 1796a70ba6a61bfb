"""Who gets which answer where: every address of the site against every kind of visitor, in one table.

A new address fails here until somebody has said who may go there.
"""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts import age_cases
from accounts.models import Member, Profile, StaffInvitation
from accounts.notices import REVIEW_INFORMATION
from accounts.pictures import set_picture
from accounts.roles import assign_roles, sync_roles
from catalogue.vocabulary import Audience
from config.routes import Route, routes
from notifications.letters import token_of
from notifications.models import Announcement, Campaign, Notification, Preference, Reach, Suppression
from notifications.sending import notify
from notifications.topics import Topic
from notifications.unsubscribing import token_for
from privacy.models import ErasureRequest, FieldDefault, LegalHold, PolicyVersion, RetentionRun
from security import tokens
from security.models import AuthenticatorApp, Event, Kind, SignIn
from security.signing_in import VERIFIED
from tests.factories import add_app, befriend, begin_email_change, make_circle, make_member, sign_in

pytestmark = pytest.mark.django_db

# The owner is rose: whatever an address names is hers. Suspended is who was signed in when it happened. Stepless is an
# officer without a second step, expired one who did it too long ago; staff have no role; a superuser may not do
# anything either that nobody may.
WHO = ("visitor", "member", "owner", "suspended", "stepless", "expired", "staff", "officer", "superuser")
STAFF = {
    "stepless": ["privacy_officer"],
    "expired": ["privacy_officer"],
    "staff": [],
    "officer": ["privacy_officer"],
    "superuser": ["superuser"],
}
TABLE = """
# address                                        method and the answer to each of WHO
# programs
healthz                                        GET  200 200 200 200 200 200 200 200 200
readyz                                         GET  200 200 200 200 200 200 200 200 200
robots                                         GET  200 200 200 200 200 200 200 200 200
security-txt                                   GET  200 200 200 200 200 200 200 200 200
gpc-json                                       GET  200 200 200 200 200 200 200 200 200
well-known-change-password                     GET  302 302 302 302 302 302 302 302 302
# the staff site
admin:index                                    GET  302 302 302 302 302 302 200 200 200
admin:index                                    POST 302 302 302 302 302 302 200 200 200
admin:login                                    GET  302 403 403 302 302 302 302 302 302
admin:login                                    POST 302 403 403 302 302 302 302 302 302
admin:logout                                   GET  302 405 405 302 405 405 405 405 405
admin:logout                                   POST 302 302 302 302 302 302 302 302 302
admin:password_change                          GET  302 302 302 302 302 302 302 302 302
admin:password_change                          POST 302 302 302 302 302 302 302 302 302
admin:password_change_done                     GET  302 302 302 302 302 302 302 302 302
admin:password_change_done                     POST 302 302 302 302 302 302 302 302 302
admin:autocomplete                             GET  302 302 302 302 302 302 403 403 403
admin:autocomplete                             POST 302 302 302 302 302 302 405 405 405
admin:jsi18n                                   GET  302 302 302 302 302 302 200 200 200
admin:jsi18n                                   POST 302 302 302 302 302 302 405 405 405
admin:view_on_site                             GET  302 302 302 302 302 302 404 404 404
admin:view_on_site                             POST 302 302 302 302 302 302 404 404 404
admin:privacy_fielddefault_changelist          GET  302 302 302 302 302 302 403 200 200
admin:privacy_fielddefault_changelist          POST 302 302 302 302 302 302 403 200 200
admin:privacy_fielddefault_add                 GET  302 302 302 302 302 302 403 403 403
admin:privacy_fielddefault_add                 POST 302 302 302 302 302 302 403 403 403
admin:privacy_fielddefault_history             GET  302 302 302 302 302 302 403 200 200
admin:privacy_fielddefault_history             POST 302 302 302 302 302 302 403 200 200
admin:privacy_fielddefault_delete              GET  302 302 302 302 302 302 403 403 403
admin:privacy_fielddefault_delete              POST 302 302 302 302 302 302 403 403 403
admin:privacy_fielddefault_change              GET  302 302 302 302 302 302 403 200 200
admin:privacy_fielddefault_change              POST 302 302 302 302 302 302 403 200 200
/admin/privacy/fielddefault/<path:object_id>/  GET  302 302 302 302 302 302 302 302 302
/admin/privacy/fielddefault/<path:object_id>/  POST 302 302 302 302 302 302 302 302 302
admin:privacy_policyversion_changelist         GET  302 302 302 302 302 302 403 200 200
admin:privacy_policyversion_changelist         POST 302 302 302 302 302 302 403 200 200
admin:privacy_policyversion_add                GET 302 302 302 302 302 302 403 200 200
admin:privacy_policyversion_add                POST 302 302 302 302 302 302 403 200 200
admin:privacy_policyversion_history            GET  302 302 302 302 302 302 403 200 200
admin:privacy_policyversion_history            POST 302 302 302 302 302 302 403 200 200
admin:privacy_retentionrun_start               POST 302 302 302 302 302 302 403 302 302
admin:privacy_retentionrun_changelist          GET  302 302 302 302 302 302 403 200 200
admin:privacy_retentionrun_changelist          POST 302 302 302 302 302 302 403 200 200
admin:privacy_retentionrun_add                 GET  302 302 302 302 302 302 403 403 403
admin:privacy_retentionrun_add                 POST 302 302 302 302 302 302 403 403 403
admin:privacy_retentionrun_history             GET  302 302 302 302 302 302 403 200 200
admin:privacy_retentionrun_history             POST 302 302 302 302 302 302 403 200 200
admin:privacy_retentionrun_delete              GET  302 302 302 302 302 302 403 403 403
admin:privacy_retentionrun_delete              POST 302 302 302 302 302 302 403 403 403
admin:privacy_retentionrun_change              GET  302 302 302 302 302 302 403 200 200
admin:privacy_retentionrun_change              POST 302 302 302 302 302 302 403 403 403
/admin/privacy/retentionrun/<path:object_id>/  GET  302 302 302 302 302 302 302 302 302
/admin/privacy/retentionrun/<path:object_id>/  POST 302 302 302 302 302 302 302 302 302
admin:privacy_policyversion_act                POST 302 302 302 302 302 302 403 404 404
admin:privacy_policyversion_preview            GET  302 302 302 302 302 302 403 200 200
admin:privacy_policyversion_delete             GET  302 302 302 302 302 302 403 403 403
admin:privacy_policyversion_delete             POST 302 302 302 302 302 302 403 403 403
admin:privacy_policyversion_change             GET  302 302 302 302 302 302 403 200 200
admin:privacy_policyversion_change             POST 302 302 302 302 302 302 403 200 200
/admin/privacy/policyversion/<path:object_id>/ GET  302 302 302 302 302 302 302 302 302
/admin/privacy/policyversion/<path:object_id>/ POST 302 302 302 302 302 302 302 302 302
admin:accounts_member_changelist               GET  302 302 302 302 302 302 403 200 200
admin:accounts_member_changelist               POST 302 302 302 302 302 302 403 200 200
admin:accounts_member_add                      GET  302 302 302 302 302 302 403 403 403
admin:accounts_member_add                      POST 302 302 302 302 302 302 403 403 403
admin:accounts_member_history                  GET  302 302 302 302 302 302 403 200 200
admin:accounts_member_history                  POST 302 302 302 302 302 302 403 200 200
admin:accounts_member_delete                   GET  302 302 302 302 302 302 403 403 403
admin:accounts_member_delete                   POST 302 302 302 302 302 302 403 403 403
admin:accounts_member_change                   GET  302 302 302 302 302 302 403 200 200
admin:accounts_member_change                   POST 302 302 302 302 302 302 403 403 302
admin:accounts_member_roles                    GET  302 302 302 302 302 302 403 403 200
admin:accounts_member_roles                    POST 302 302 302 302 302 302 403 403 302
/admin/accounts/member/<path:object_id>/       GET  302 302 302 302 302 302 302 302 302
/admin/accounts/member/<path:object_id>/       POST 302 302 302 302 302 302 302 302 302
admin:auth_group_changelist                    GET  302 302 302 302 302 302 403 403 200
admin:auth_group_changelist                    POST 302 302 302 302 302 302 403 403 200
admin:auth_group_add                           GET  302 302 302 302 302 302 403 403 403
admin:auth_group_add                           POST 302 302 302 302 302 302 403 403 403
admin:auth_group_history                       GET  302 302 302 302 302 302 403 403 200
admin:auth_group_history                       POST 302 302 302 302 302 302 403 403 200
admin:auth_group_delete                        GET  302 302 302 302 302 302 403 403 403
admin:auth_group_delete                        POST 302 302 302 302 302 302 403 403 403
admin:auth_group_change                        GET  302 302 302 302 302 302 403 403 200
admin:auth_group_change                        POST 302 302 302 302 302 302 403 403 403
/admin/auth/group/<path:object_id>/            GET  302 302 302 302 302 302 302 302 302
/admin/auth/group/<path:object_id>/            POST 302 302 302 302 302 302 302 302 302
admin:accounts_staffinvitation_changelist      GET  302 302 302 302 302 302 403 403 200
admin:accounts_staffinvitation_changelist      POST 302 302 302 302 302 302 403 403 200
admin:accounts_staffinvitation_add             GET  302 302 302 302 302 302 403 403 200
admin:accounts_staffinvitation_add             POST 302 302 302 302 302 302 403 403 422
admin:accounts_staffinvitation_history         GET  302 302 302 302 302 302 403 403 200
admin:accounts_staffinvitation_history         POST 302 302 302 302 302 302 403 403 200
admin:accounts_staffinvitation_delete          GET  302 302 302 302 302 302 403 403 200
admin:accounts_staffinvitation_delete          POST 302 302 302 302 302 302 403 403 200
admin:accounts_staffinvitation_change          GET  302 302 302 302 302 302 403 403 200
admin:accounts_staffinvitation_change          POST 302 302 302 302 302 302 403 403 403
/admin/accounts/staffinvitation/<path:object_id>/ GET  302 302 302 302 302 302 302 302 302
/admin/accounts/staffinvitation/<path:object_id>/ POST 302 302 302 302 302 302 302 302 302
admin:app_list                                 GET  302 302 302 302 302 302 404 200 200
admin:app_list                                 POST 302 302 302 302 302 302 404 200 200
/admin/(?P<url>.*)                             GET  302 302 302 302 302 302 404 404 404
/admin/(?P<url>.*)                             POST 302 302 302 302 302 302 404 404 404
# who sees what, and the policy
privacy:settings-privacy                       GET  302 200 200 302 302 200 200 200 200
privacy:listed                                 POST 302 302 302 302 302 302 302 302 302
privacy:field-audience                         GET  302 200 200 302 302 200 200 200 200
privacy:field-audience                         POST 302 422 422 302 302 422 422 422 422
privacy:check-up                               GET  302 200 200 302 302 200 200 200 200
privacy:check-up                               POST 302 404 404 302 302 404 404 404 404
privacy:agree                                  GET  302 302 302 302 302 302 302 302 302
privacy:agree                                  POST 302 302 302 302 302 302 302 302 302
privacy:agreed                                 GET 302 200 200 302 302 200 200 200 200
privacy:information                            GET  302 200 200 302 302 200 200 200 200
privacy:information-of                         GET  302 200 200 302 302 200 200 200 200
privacy:download                               GET  302 200 200 302 302 200 200 200 200
privacy:download-ask                           POST 302 302 302 302 302 302 302 302 302
privacy:download-get                           GET  302 404 404 302 302 404 404 404 404
privacy:download-delete                        POST 302 302 302 302 302 302 302 302 302
privacy:changes                                GET  302 200 200 302 302 200 200 200 200
privacy:policy                                 GET  200 200 200 200 200 200 200 200 200
privacy:policy-data                            GET  200 200 200 200 200 200 200 200 200
privacy:kept                                   GET  200 200 200 200 200 200 200 200 200
privacy:policy-versions                        GET  200 200 200 200 200 200 200 200 200
privacy:policy-version                         GET  200 200 200 200 200 200 200 200 200
privacy:policy-changes                         GET  302 302 302 302 302 302 302 302 302
privacy:policy-changes-of                      GET  200 200 200 200 200 200 200 200 200
# people
accounts:home                                  GET  200 200 200 200 302 200 200 200 200
accounts:join                                  GET  200 302 302 200 302 302 302 302 302
accounts:join                                  POST 422 302 302 422 302 302 302 302 302
accounts:join-sent                             GET  200 200 200 200 302 200 200 200 200
accounts:confirm-email                         GET  200 200 200 200 302 200 200 200 200
accounts:confirm-email                         POST 422 422 422 422 302 422 422 422 422
accounts:sign-in                               GET  200 302 302 200 302 302 302 302 302
accounts:sign-in                               POST 422 302 302 422 302 302 302 302 302
accounts:sign-out                              GET  302 200 200 302 200 200 200 200 200
accounts:sign-out                              POST 302 302 302 302 302 302 302 302 302
accounts:password-reset                        GET  200 200 200 200 302 200 200 200 200
accounts:password-reset                        POST 422 422 422 422 302 422 422 422 422
accounts:password-reset-sent                   GET  200 200 200 200 302 200 200 200 200
accounts:password-reset-confirm                GET  200 200 200 200 302 200 200 200 200
accounts:password-reset-confirm                POST 422 422 422 422 302 422 422 422 422
accounts:password-change                       GET  302 200 200 302 302 200 200 200 200
accounts:password-change                       POST 302 422 422 302 302 422 422 422 422
accounts:email-confirm                         GET  200 200 200 200 302 200 200 200 200
accounts:email-confirm                         POST 422 422 302 422 302 422 422 422 422
accounts:email-stop                            GET  200 200 200 200 200 200 200 200 200
accounts:email-stop                            POST 302 302 302 302 302 302 302 302 302
accounts:email-stopped                         GET  200 200 200 200 200 200 200 200 200
security:again                                 GET  302 302 302 302 302 302 302 302 302
security:again                                 POST 302 422 422 302 422 422 422 422 422
accounts:invitation                            GET  200 200 200 200 302 200 200 200 200
accounts:invitation                            POST 422 422 422 422 302 422 422 422 422
accounts:people                                GET  200 200 200 200 302 200 200 200 200
accounts:profile                               GET  200 200 200 200 302 200 200 200 200
accounts:who-sees                              GET  302 404 200 302 302 404 404 404 404
accounts:media                                 GET  404 200 200 404 302 200 200 200 200
# whose age is in question
accounts:report-child                          GET  200 200 404 200 302 200 200 200 200
accounts:report-child                          POST 422 422 404 422 302 422 422 422 422
accounts:report-child-sent                     GET  200 200 200 200 302 200 200 200 200
accounts:birth-date-ask                        POST 302 422 422 302 302 422 422 422 422
accounts:birth-date-answer                     POST 302 422 422 302 302 422 422 422 422
admin:accounts_member_report                   GET  302 302 302 302 302 302 403 200 200
admin:accounts_member_report                   POST 302 302 302 302 302 302 403 422 422
admin:privacy_agecase_changelist               GET  302 302 302 302 302 302 403 200 200
admin:privacy_agecase_changelist               POST 302 302 302 302 302 302 403 200 200
admin:privacy_agecase_add                      GET  302 302 302 302 302 302 403 403 403
admin:privacy_agecase_add                      POST 302 302 302 302 302 302 403 403 403
admin:privacy_agecase_history                  GET  302 302 302 302 302 302 403 200 200
admin:privacy_agecase_history                  POST 302 302 302 302 302 302 403 200 200
admin:privacy_agecase_delete                   GET  302 302 302 302 302 302 403 403 403
admin:privacy_agecase_delete                   POST 302 302 302 302 302 302 403 403 403
admin:privacy_agecase_change                   GET  302 302 302 302 302 302 403 200 200
admin:privacy_agecase_change                   POST 302 302 302 302 302 302 403 403 403
admin:privacy_agecase_act                      POST 302 302 302 302 302 302 403 404 404
admin:privacy_agecase_told                     POST 302 302 302 302 302 302 403 200 200
admin:privacy_agecase_decide                   GET  302 302 302 302 302 302 403 403 200
admin:privacy_agecase_decide                   POST 302 302 302 302 302 302 403 403 422
/admin/privacy/agecase/<path:object_id>/       GET  302 302 302 302 302 302 302 302 302
/admin/privacy/agecase/<path:object_id>/       POST 302 302 302 302 302 302 302 302 302
# relationships
accounts:friends                               GET  302 200 200 302 302 200 200 200 200
accounts:friend-ask                            POST 302 302 404 302 302 302 302 302 302
accounts:friend-withdraw                       POST 302 302 404 302 302 302 302 302 302
accounts:friend-accept                         POST 302 302 404 302 302 302 302 302 302
accounts:friend-decline                        POST 302 302 404 302 302 302 302 302 302
accounts:friend-end                            GET  302 302 404 302 302 302 302 302 302
accounts:friend-end                            POST 302 302 404 302 302 302 302 302 302
accounts:circles                               GET  302 200 200 302 302 200 200 200 200
accounts:circles                               POST 302 422 422 302 302 422 422 422 422
accounts:circle                                GET  302 404 200 302 302 404 404 404 404
accounts:circle                                POST 302 404 422 302 302 404 404 404 404
accounts:circle-add                            POST 302 404 422 302 302 404 404 404 404
accounts:circle-remove                         POST 302 404 302 302 302 404 404 404 404
accounts:circle-delete                         POST 302 404 302 302 302 404 404 404 404
accounts:blocks                                GET  302 200 200 302 302 200 200 200 200
accounts:block                                 GET  302 200 404 302 302 200 200 200 200
accounts:block                                 POST 302 302 404 302 302 302 302 302 302
accounts:unblock                               POST 302 302 404 302 302 302 302 302 302
accounts:mute                                  POST 302 302 404 302 302 302 302 302 302
accounts:unmute                                POST 302 302 404 302 302 302 302 302 302
# own settings
accounts:settings-profile                      GET  302 200 200 302 302 200 200 200 200
accounts:settings-profile                      POST 302 302 302 302 302 302 302 302 302
accounts:settings-email                        GET  302 200 200 302 302 200 200 200 200
accounts:settings-email                        POST 302 422 422 302 302 422 422 422 422
accounts:settings-phone                        GET  302 200 200 302 302 200 200 200 200
accounts:settings-phone                        POST 302 302 302 302 302 302 302 302 302
accounts:phone-code                            POST 302 302 302 302 302 302 302 302 302
accounts:phone-confirm                         POST 302 422 422 302 302 422 422 422 422
accounts:settings-birth-date                   GET  302 200 200 302 302 200 200 200 200
accounts:settings-birth-date                   POST 302 422 422 302 302 422 422 422 422
accounts:email-cancel                          POST 302 302 302 302 302 302 302 302 302
accounts:information-confirm                   POST 302 302 302 302 302 302 302 302 302
accounts:picture-remove                        POST 302 302 302 302 302 302 302 302 302
accounts:settings-cancel                       GET  302 200 200 302 302 200 200 200 200
accounts:settings-cancel                       POST 302 422 422 302 302 422 422 422 422
accounts:cancelled                             GET  200 200 200 200 200 200 200 200 200
accounts:keep                                  GET  410 410 410 410 410 410 410 410 410
accounts:keep                                  POST 410 410 410 410 410 410 410 410 410
admin:accounts_member_cancel                   GET  302 302 302 302 302 302 403 200 200
admin:accounts_member_cancel                   POST 302 302 302 302 302 302 403 422 422
admin:privacy_erasurerequest_add               GET  302 302 302 302 302 302 403 403 403
admin:privacy_erasurerequest_add               POST 302 302 302 302 302 302 403 403 403
admin:privacy_erasurerequest_change            GET  302 302 302 302 302 302 403 200 200
admin:privacy_erasurerequest_change            POST 302 302 302 302 302 302 403 403 403
admin:privacy_erasurerequest_changelist        GET  302 302 302 302 302 302 403 200 200
admin:privacy_erasurerequest_changelist        POST 302 302 302 302 302 302 403 200 200
admin:privacy_erasurerequest_delete            GET  302 302 302 302 302 302 403 403 403
admin:privacy_erasurerequest_delete            POST 302 302 302 302 302 302 403 403 403
admin:privacy_erasurerequest_history           GET  302 302 302 302 302 302 403 200 200
admin:privacy_erasurerequest_history           POST 302 302 302 302 302 302 403 200 200
admin:privacy_erasurerequest_retry             POST 302 302 302 302 302 302 403 302 302
admin:privacy_legalhold_act                    POST 302 302 302 302 302 302 403 403 404
admin:privacy_legalhold_add                    GET  302 302 302 302 302 302 403 403 200
admin:privacy_legalhold_add                    POST 302 302 302 302 302 302 403 403 422
admin:privacy_legalhold_change                 GET  302 302 302 302 302 302 403 200 200
admin:privacy_legalhold_change                 POST 302 302 302 302 302 302 403 403 403
admin:privacy_legalhold_changelist             GET  302 302 302 302 302 302 403 200 200
admin:privacy_legalhold_changelist             POST 302 302 302 302 302 302 403 200 200
admin:privacy_legalhold_delete                 GET  302 302 302 302 302 302 403 403 403
admin:privacy_legalhold_delete                 POST 302 302 302 302 302 302 403 403 403
admin:privacy_legalhold_extend                 GET  302 302 302 302 302 302 403 403 200
admin:privacy_legalhold_extend                 POST 302 302 302 302 302 302 403 403 422
admin:privacy_legalhold_history                GET  302 302 302 302 302 302 403 200 200
admin:privacy_legalhold_history                POST 302 302 302 302 302 302 403 200 200
/admin/privacy/legalhold/<path:object_id>/     GET  302 302 302 302 302 302 302 302 302
/admin/privacy/legalhold/<path:object_id>/     POST 302 302 302 302 302 302 302 302 302
/admin/privacy/erasurerequest/<path:object_id>/ GET  302 302 302 302 302 302 302 302 302
/admin/privacy/erasurerequest/<path:object_id>/ POST 302 302 302 302 302 302 302 302 302
privacy:verify-certificate                     GET  200 200 200 200 200 200 200 200 200
privacy:verify-certificate                     POST 422 422 422 422 422 422 422 422 422
privacy:certificate-key                        GET  200 200 200 200 200 200 200 200 200
# what keeps an account safe
security:settings                              GET  302 200 200 302 200 200 200 200 200
security:verify                                GET  302 302 302 302 302 200 302 302 302
security:verify                                POST 302 302 302 302 302 422 302 302 302
security:again-drop                            POST 302 302 302 302 302 302 302 302 302
security:passkey-again-begin                   POST 302 400 400 302 302 400 400 400 400
security:passkey-again                         POST 302 400 400 302 302 400 400 400 400
security:passkey-use-begin                     POST 400 400 400 400 302 400 400 400 400
security:passkey-use                           POST 400 400 400 400 302 400 400 400 400
security:app                                   GET  302 200 200 302 200 200 200 200 200
security:app                                   POST 302 302 302 302 302 302 302 302 302
security:passkey                               GET  302 200 200 302 200 200 200 200 200
security:passkey-add-begin                     POST 302 400 400 302 400 400 400 400 400
security:passkey-add                           POST 302 400 400 302 400 400 400 400 400
security:step                                  GET  302 404 200 302 302 404 404 404 404
security:step                                  POST 302 404 422 302 302 404 404 404 404
security:step-remove                           POST 302 404 302 302 302 404 404 404 404
security:steps-keep                            POST 302 302 302 302 302 302 302 302 302
security:codes                                 GET  302 302 200 302 302 200 200 200 200
security:codes                                 POST 302 302 200 302 302 200 200 200 200
security:codes-file                            POST 302 302 302 302 302 302 302 302 302
security:sessions                              GET  302 200 200 302 302 200 200 200 200
security:sessions-end-others                   POST 302 302 302 302 302 302 302 302 302
security:session-end                           POST 302 404 302 302 302 404 404 404 404
security:events                                GET  302 200 200 302 302 200 200 200 200
security:event-mine                            POST 302 404 302 302 302 404 404 404 404
security:not-me-here                           GET  302 404 200 302 302 404 404 404 404
security:not-me-here                           POST 302 404 302 302 302 404 404 404 404
security:gave-away                             GET  302 200 200 302 302 200 200 200 200
security:gave-away                             POST 302 404 404 302 302 404 404 404 404
security:not-me                                GET  200 200 200 200 200 200 200 200 200
security:not-me                                POST 302 302 302 302 302 302 302 302 302
accounts:not-me-password                       GET  302 302 302 302 302 302 302 302 302
accounts:not-me-password                       POST 302 302 302 302 302 302 302 302 302
# notices in the back office
admin:notifications_campaign_act               POST 302 302 302 302 302 302 403 404 404
admin:notifications_campaign_add               GET  302 302 302 302 302 302 403 403 200
admin:notifications_campaign_add               POST 302 302 302 302 302 302 403 403 200
admin:notifications_campaign_change            GET  302 302 302 302 302 302 403 200 200
admin:notifications_campaign_change            POST 302 302 302 302 302 302 403 403 200
admin:notifications_campaign_changelist        GET  302 302 302 302 302 302 403 200 200
admin:notifications_campaign_changelist        POST 302 302 302 302 302 302 403 200 200
admin:notifications_campaign_delete            GET  302 302 302 302 302 302 403 403 200
admin:notifications_campaign_delete            POST 302 302 302 302 302 302 403 403 200
admin:notifications_campaign_history           GET  302 302 302 302 302 302 403 200 200
admin:notifications_campaign_history           POST 302 302 302 302 302 302 403 200 200
admin:notifications_campaign_preview           GET  302 302 302 302 302 302 403 200 200
admin:notifications_notification_add           GET  302 302 302 302 302 302 403 403 403
admin:notifications_notification_add           POST 302 302 302 302 302 302 403 403 403
admin:notifications_notification_change        GET  302 302 302 302 302 302 403 200 200
admin:notifications_notification_change        POST 302 302 302 302 302 302 403 403 403
admin:notifications_notification_changelist    GET  302 302 302 302 302 302 403 200 200
admin:notifications_notification_changelist    POST 302 302 302 302 302 302 403 200 200
admin:notifications_notification_delete        GET  302 302 302 302 302 302 403 403 403
admin:notifications_notification_delete        POST 302 302 302 302 302 302 403 403 403
admin:notifications_notification_history       GET  302 302 302 302 302 302 403 200 200
admin:notifications_notification_history       POST 302 302 302 302 302 302 403 200 200
admin:notifications_notification_retry         POST 302 302 302 302 302 302 403 302 302
admin:notifications_notification_retry_unlisted POST 302 302 302 302 302 302 403 302 302
admin:notifications_notification_text          GET  302 302 302 302 302 302 403 200 200
admin:notifications_notification_texts         GET  302 302 302 302 302 302 403 200 200
admin:notifications_preference_add             GET  302 302 302 302 302 302 403 403 403
admin:notifications_preference_add             POST 302 302 302 302 302 302 403 403 403
admin:notifications_preference_change          GET  302 302 302 302 302 302 403 200 200
admin:notifications_preference_change          POST 302 302 302 302 302 302 403 403 403
admin:notifications_preference_changelist      GET  302 302 302 302 302 302 403 200 200
admin:notifications_preference_changelist      POST 302 302 302 302 302 302 403 200 200
admin:notifications_preference_delete          GET  302 302 302 302 302 302 403 403 403
admin:notifications_preference_delete          POST 302 302 302 302 302 302 403 403 403
admin:notifications_preference_history         GET  302 302 302 302 302 302 403 200 200
admin:notifications_preference_history         POST 302 302 302 302 302 302 403 200 200
admin:notifications_suppression_add            GET  302 302 302 302 302 302 403 403 403
admin:notifications_suppression_add            POST 302 302 302 302 302 302 403 403 403
admin:notifications_suppression_change         GET  302 302 302 302 302 302 403 200 200
admin:notifications_suppression_change         POST 302 302 302 302 302 302 403 403 403
admin:notifications_suppression_changelist     GET  302 302 302 302 302 302 403 200 200
admin:notifications_suppression_changelist     POST 302 302 302 302 302 302 403 200 200
admin:notifications_suppression_delete         GET  302 302 302 302 302 302 403 200 200
admin:notifications_suppression_delete         POST 302 302 302 302 302 302 403 200 200
admin:notifications_suppression_history        GET  302 302 302 302 302 302 403 200 200
admin:notifications_suppression_history        POST 302 302 302 302 302 302 403 200 200
/admin/notifications/campaign/<path:object_id>/ GET  302 302 302 302 302 302 302 302 302
/admin/notifications/campaign/<path:object_id>/ POST 302 302 302 302 302 302 302 302 302
/admin/notifications/notification/<path:object_id>/ GET  302 302 302 302 302 302 302 302 302
/admin/notifications/notification/<path:object_id>/ POST 302 302 302 302 302 302 302 302 302
/admin/notifications/preference/<path:object_id>/ GET  302 302 302 302 302 302 302 302 302
/admin/notifications/preference/<path:object_id>/ POST 302 302 302 302 302 302 302 302 302
/admin/notifications/suppression/<path:object_id>/ GET  302 302 302 302 302 302 302 302 302
/admin/notifications/suppression/<path:object_id>/ POST 302 302 302 302 302 302 302 302 302
/admin/notifications/announcement/<path:object_id>/ GET  302 302 302 302 302 302 302 302 302
/admin/notifications/announcement/<path:object_id>/ POST 302 302 302 302 302 302 302 302 302
admin:notifications_announcement_add           GET  302 302 302 302 302 302 403 200 200
admin:notifications_announcement_add           POST 302 302 302 302 302 302 403 200 200
admin:notifications_announcement_change        GET  302 302 302 302 302 302 403 200 200
admin:notifications_announcement_change        POST 302 302 302 302 302 302 403 200 200
admin:notifications_announcement_changelist    GET  302 302 302 302 302 302 403 200 200
admin:notifications_announcement_changelist    POST 302 302 302 302 302 302 403 200 200
admin:notifications_announcement_delete        GET  302 302 302 302 302 302 403 200 200
admin:notifications_announcement_delete        POST 302 302 302 302 302 302 403 200 200
admin:notifications_announcement_history       GET  302 302 302 302 302 302 403 200 200
admin:notifications_announcement_history       POST 302 302 302 302 302 302 403 200 200
# what members hear about; whoever holds the link of a mail declines with it
notifications:settings                         GET  302 200 200 302 302 200 200 200 200
notifications:settings                         POST 302 302 302 302 302 302 302 302 302
notifications:write-again                      POST 302 302 302 302 302 302 302 302 302
notifications:inbox                            GET  302 200 200 302 302 200 200 200 200
notifications:notice                           GET  302 404 200 302 302 404 404 404 404
notifications:all-read                         POST 302 302 302 302 302 302 302 302 302
notifications:put-away                         POST 302 302 302 302 302 302 302 302 302
notifications:unsubscribe                      GET  200 200 200 200 200 200 200 200 200
notifications:unsubscribe                      POST 422 422 422 422 422 422 422 422 422
# on a development site only
dev-mails                                      GET  200 200 200 200 200 200 200 200 200
dev-mail                                       GET  200 200 200 200 200 200 200 200 200
dev-mail-html                                  GET  200 200 200 200 200 200 200 200 200
"""


def key(route: Route) -> str:
    """Return the name of a route; of one without, its path."""
    return route.path if route.name.endswith(":") or not route.name else route.name


ROUTES = {key(route): route for route in routes()}
ROWS = [line.split() for line in TABLE.strip().splitlines() if line and not line.startswith("#")]
EXPECTED = {(name, method): tuple(map(int, statuses)) for name, method, *statuses in ROWS}


def methods_of(route: Route) -> set[str]:
    return {"GET", "POST"} & set(route.methods)


# --- the cast -----------------------------------------------------------------------------------------------------
@pytest.fixture
def cast() -> dict[str, Member]:
    sync_roles()
    cast = {who: make_member(f"the_{who}") for who in ("member", "suspended", *STAFF)}
    cast["owner"] = make_member("rose")
    for who, roles in STAFF.items():
        assign_roles(cast[who], roles)
    Member.objects.filter(pk=cast["staff"].pk).update(is_staff=True)  # of the staff, and with no role yet
    return cast


@pytest.fixture
def values(cast: dict[str, Member]) -> dict[str, str]:
    """Return what stands for each part of an address: things of rose's."""
    rose, fern = cast["owner"], make_member("fern")
    befriend(rose, fern)
    change, stop = begin_email_change(rose, "rose@new.example")
    event = Event.objects.create(member=rose, kind=Kind.NEW_BROWSER, is_alert=True)
    folder = Path(settings.EMAIL_FILE_PATH)
    folder.mkdir(exist_ok=True)
    (folder / "one.log").write_bytes(b"Subject: One\nTo: rose@example.org\nContent-Type: text/html\n\n<p>Text\n")
    return {
        "handle": "rose",
        "field": "city",
        "circle_id": str(make_circle(rose, "Family", fern).pk),
        "picture_id": picture_of(rose),
        "size": "small",
        "kind": "app",
        "step_id": str((AuthenticatorApp.objects.filter(user=rose).first() or add_app(rose)).pk),
        "colleague": str(cast["staff"].pk),
        "number": PolicyVersion.objects.in_force()[0].number,
        "label": "security.event",
        "token": tokens.issue(make_member("bud", email_verified_at=None), tokens.VERIFY_EMAIL),
        "reset_token": tokens.issue(rose, tokens.RESET_PASSWORD),
        "change_token": change,
        "stop_token": stop,
        "unsubscribe_token": token_for(rose.pk, Topic.NEWS),
        "notice_token": notice_to(rose),
        "notification": quote(token_of(Notification.objects.get(member=rose, notice=REVIEW_INFORMATION.slug))),
        "slug": REVIEW_INFORMATION.slug,
        "preference": str(Preference.objects.create(member=rose, topic=Topic.NEWS, wanted=True).pk),
        "suppression": str(Suppression.objects.create(digest=b"x" * 32, reason=Suppression.Reason.BOUNCED).pk),
        "announcement": announced(),
        "campaign": str(Campaign.objects.create(notice="written-news", audience="everybody").pk),
        "not_me_token": tokens.issue(rose, tokens.NOT_ME, event=event),
        "event_id": str(event.pk),
        "sign_in_id": str(SignIn.objects.create(member=rose).pk),
        "name": "one.log",
        "position": "0",
        "app_label": "accounts",
        "url": "nowhere/",
        "content_type_id": "1",
        "member": str(rose.pk),
        "fielddefault": str(FieldDefault.objects.all()[0].pk),
        "erasurerequest": str(kept_after_all(rose)),
        "agecase": str(age_cases.tell(rose, "A child.", teller=age_cases.Teller.VISITOR).pk),
        "legalhold": str(held_by_law(rose)),
        "retentionrun": str(RetentionRun.objects.get_or_create()[0].pk),
        "policyversion": str(PolicyVersion.objects.all()[0].pk),
        "group": str(Group.objects.all()[0].pk),
        "staffinvitation": StaffInvitation.objects.create(
            digest=tokens.digest("invitation"),
            member=make_member("wren", email_verified_at=None),
            invited_by=cast["superuser"],
            roles=["support"],
            expires_at=timezone.now() + timedelta(days=1),
        ).pk,
    }


def kept_after_all(member: Member) -> int:
    """Have a member ask for erasure and come back; return the number of the request."""
    now = timezone.now()
    return ErasureRequest.objects.create(member=member, asked_at=now, due_at=now, kept_at=now).pk


def held_by_law(member: Member) -> int:
    """Ask for a legal hold on a member's profile, and return its number."""
    until = timezone.now() + timedelta(days=30)
    named = {"ground": "court", "reference": "1/26", "held": ["accounts.Profile"]}
    return LegalHold.objects.create(member=member, asked_end=until, **named).pk


def announced() -> str:
    """Announce something to everybody, and return its number."""
    until = timezone.now() + timedelta(hours=1)
    return str(Announcement.objects.create(text="The gate is closed.", reach=Reach.ALL, ends_at=until).pk)


def notice_to(member: Member) -> str:
    """Tell a member something, and return by what it is known in their inbox."""
    notify(REVIEW_INFORMATION, member)
    return token_of(Notification.objects.get(member=member, notice=REVIEW_INFORMATION.slug))


def picture_of(member: Member) -> str:
    """Give a member a picture that all members may see, and return its number."""
    Profile.objects.filter(pk=member.pk).update(picture_audience=Audience.MEMBERS)
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(file, "PNG")
    return str(set_picture(member, SimpleUploadedFile("picture.png", file.getvalue())))


def address(route: Route, values: dict[str, str]) -> str:
    """Return an address of a route, with rose's things in the place of its parameters."""
    model = route.path.split("/")[3] if route.path.startswith("/admin/") and route.path.count("/") > 3 else ""
    own = {"object_id": values.get(model, "1")}
    own |= {"handle": "fern"} if route.name == "accounts:circle-remove" else {}
    own |= {"token": values["reset_token"]} if route.name == "accounts:password-reset-confirm" else {}
    own |= {"token": values["change_token"]} if route.name == "accounts:email-confirm" else {}
    own |= {"token": values["stop_token"]} if route.name == "accounts:email-stop" else {}
    own |= {"token": values["unsubscribe_token"]} if route.name == "notifications:unsubscribe" else {}
    own |= {"token": values["notice_token"]} if route.name == "notifications:notice" else {}
    own |= {"number": values["colleague"]} if route.name == "admin:accounts_member_roles" else {}
    of_member = ("admin:accounts_member_cancel", "admin:accounts_member_report")
    own |= {"number": values["member"]} if route.name in of_member else {}
    own |= (
        {"number": values.get(model, "1")} if route.name.startswith(("admin:notifications_", "admin:privacy_")) else {}
    )
    own |= {"token": values["notice_token"]} if route.name.startswith("admin:notifications_notification") else {}
    own |= {"number": values["announcement"]} if route.name == "notifications:put-away" else {}
    own |= {"token": "invitation"} if route.name == "accounts:invitation" else {}
    own |= {"token": values["not_me_token"]} if "not-me" in route.name else {}

    def value(match: "re.Match[str]") -> str:
        return (values | own)[match["name"]]

    plain = re.sub(r"\(\?P<(?P<name>\w+)>[^)]*\)", value, route.path)
    return re.sub(r"<(?:\w+:)?(?P<name>\w+)>", value, plain)


def clients(cast: dict[str, Member], among: tuple[str, ...] = WHO, **options: Any) -> Iterator[tuple[str, Client]]:
    """Yield a client for every kind of visitor; the suspended one signed in before."""
    for who in among:
        client = Client(**options)
        if who in cast:
            sign_in(client, cast[who], verified=who == "owner" or who in set(STAFF) - {"stepless"})
        if who == "expired":
            session = client.session
            session[VERIFIED] -= settings.STAFF_FACTOR_AGE + 1
            session.save()
        if who == "suspended":
            Member.objects.filter(pk=cast[who].pk).update(is_active=False)
        yield who, client


def ask(client: Client, method: str, where: str) -> Any:
    """Return the answer to a request that leaves nothing behind."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = client.generic(method, where)
        transaction.set_rollback(True)
    client.cookies = cookies
    cache.clear()
    return answer


# --- the tests ----------------------------------------------------------------------------------------------------
def part_of(name: str) -> str:
    """Return which part of the site an address belongs to; one test for each, since making the cast takes a while."""
    if name.startswith("/admin/"):
        return "admin"
    return name.partition(":")[0] if ":" in name else "programs"


PARTS = sorted({part_of(name) for name in ROUTES})


@pytest.fixture(params=PARTS)
def part(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def routes_of(part: str, method: str) -> dict[str, Route]:
    return {name: route for name, route in ROUTES.items() if part_of(name) == part and method in route.methods}


def test_every_address_is_in_the_table_with_each_method_and_nothing_else_is() -> None:
    there = {(name, method) for name, route in ROUTES.items() for method in methods_of(route)}
    assert set(EXPECTED) == there


def test_each_visitor_gets_the_answer_of_the_table(part: str, cast: dict[str, Member], values: dict[str, str]) -> None:
    expected = {asked: statuses for asked, statuses in EXPECTED.items() if part_of(asked[0]) == part}
    visitors = [client for _who, client in clients(cast)]
    answers = {
        (name, method): tuple(ask(client, method, address(ROUTES[name], values)).status_code for client in visitors)
        for name, method in expected
    }
    assert answers == expected


def test_what_acts_is_not_to_be_had_by_a_link(cast: dict[str, Member], values: dict[str, str]) -> None:
    acts = {name: address(route, values) for name, route in ROUTES.items() if "GET" not in route.methods}
    for who, client in clients(cast, ("visitor", "suspended", "member", "owner", "superuser")):
        answers = {name: ask(client, "GET", where).status_code for name, where in acts.items()}
        is_in = who not in ("visitor", "suspended")
        assert answers == {
            name: HTTPStatus.METHOD_NOT_ALLOWED if is_in or "visitor" in ROUTES[name].roles else HTTPStatus.FOUND
            for name in acts
        }


def test_head_is_answered_as_get_is(part: str, cast: dict[str, Member], values: dict[str, str]) -> None:
    visitors = list(clients(cast, ("visitor", "owner", "officer")))
    for name, route in routes_of(part, "GET").items():
        for who, client in visitors:
            head, get = (ask(client, method, address(route, values)) for method in ("HEAD", "GET"))
            assert (head.status_code, head.headers.get("Location"), head.content) == (
                get.status_code,
                get.headers.get("Location"),
                b"",
            ), (name, who)


def test_a_form_from_elsewhere_is_refused_for_everybody(cast: dict[str, Member], values: dict[str, str]) -> None:
    # A mail program presses the button for its reader (RFC 8058): the address is the proof.
    guarded = {name: route for name, route in ROUTES.items() if name != "notifications:unsubscribe"}
    for who, client in clients(cast, ("visitor", "owner", "superuser"), enforce_csrf_checks=True):
        for name, route in guarded.items():
            answer = ask(client, "POST", address(route, values))
            template = answer.templates[0].name if answer.templates else ""
            assert (answer.status_code, template) == (HTTPStatus.FORBIDDEN, "errors/csrf.html"), (name, who)
