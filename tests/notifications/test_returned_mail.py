"""Mail that comes back after a server had taken it: reports of mail servers and of a provider."""

import base64
import io
import json
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from anymail.exceptions import AnymailCancelSend, AnymailRecipientsRefused, AnymailRequestsAPIError
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings as examples, strategies as st
from requests import ConnectionError as NotConnected, ConnectTimeout, ReadTimeout
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from accounts.models import Member
from accounts.notices import REVIEW_INFORMATION
from config.urls import reports_of
from notifications import letters, provider, reports, returned
from notifications.channels.kinds import EVERYWHERE, Channel
from notifications.channels.provider import outcome_of
from notifications.delivery import deliver
from notifications.inbox import counts_for
from notifications.models import Campaign, Notification, Stage, State, Suppression
from notifications.notices import Category
from notifications.outcomes import Result
from notifications.preferences import choices_of, choose
from notifications.returned import Report, Returned, take_in
from notifications.sending import notify
from notifications.suppression import reasons_against
from notifications.topics import Topic
from notifications.written import WORDS
from tests import factories

from .conftest import row_to

pytestmark = [pytest.mark.django_db, pytest.mark.promise("F4")]
REPORT = """From: <>
To: post@hedgerow.example
Message-ID: <report@mx.example>
Content-Type: multipart/report; report-type={kind}; boundary=b

--b
Content-Type: text/plain

It did not arrive at {address}.
--b
Content-Type: message/{kind}

{fields}

--b
Content-Type: {quoted}

Message-ID: {message_id}
Subject: Hello

--b--
"""
DELIVERY = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}"


@pytest.fixture
def sent(rose, sink):
    """Return the row of a notice that a mail server took."""
    notify(REVIEW_INFORMATION, rose)
    deliver()
    assert row_to(rose).state == State.SENT
    return row_to(rose)


def bounce(row, address="rose@example.org", status="5.1.1", action="failed", quoted="message/rfc822"):
    fields = DELIVERY.format(address=address, action=action, status=status)
    return report(row, "delivery-status", fields, address, quoted)


def complaint(row, kind="abuse"):
    return report(row, "feedback-report", f"Feedback-Type: {kind}\nVersion: 1", "rose@example.org")


def report(row, kind, fields, address, quoted="message/rfc822"):
    message_id = letters.message_id(row, "rose@example.org")
    text = REPORT.format(kind=kind, fields=fields, address=address, quoted=quoted, message_id=message_id)
    return text.replace("\n", "\r\n").encode()


def hand_over(raw, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    call_command("returned_mail")
    return capsys.readouterr().out.strip()


# --- reports of mail servers --------------------------------------------------------------------------------------
@pytest.mark.promise("L3")
@pytest.mark.parametrize("quoted", ["message/rfc822", "text/rfc822-headers"])
def test_what_came_back_waits_on_the_site_and_the_address_is_left_alone(
    rose, sent, sink, monkeypatch, capsys, caplog, quoted
):
    assert hand_over(bounce(sent, quoted=quoted), monkeypatch, capsys) == "Taken in."
    row = row_to(rose)
    assert (row.state, row.reason, row.is_on_site) == (State.UNREACHABLE, "5.1.1", True)
    assert counts_for(rose).lost == 1
    assert list(reasons_against(rose.email)) == ["bounced"]
    assert "rose@" not in caplog.text
    notify(REVIEW_INFORMATION, rose, occasion="next")
    deliver()
    assert sink.asked[rose.email] == 1


@pytest.mark.parametrize(
    ("status", "action", "state", "against"),
    [
        ("5.1.1", "failed", State.UNREACHABLE, ["bounced"]),
        ("5.1.6", "failed", State.UNREACHABLE, ["bounced"]),
        ("5.2.2", "failed", State.FAILED, []),
        ("5.7.1", "failed", State.FAILED, []),
        ("4.4.1", "delayed", State.SENT, []),
        ("4.4.7", "failed", State.SENT, []),
        ("2.0.0", "delivered", State.SENT, []),
        ("", "failed", State.SENT, []),
    ],
)
def test_each_report_ends_where_it_should(rose, sent, monkeypatch, capsys, status, action, state, against):
    hand_over(bounce(sent, status=status, action=action), monkeypatch, capsys)
    assert (row_to(rose).state, list(reasons_against(rose.email))) == (state, against)


def test_a_mail_that_came_back_goes_by_text_message_where_its_notice_does(
    rose, sink, declare, monkeypatch, capsys, settings, tmp_path
):
    settings.SMS_FOLDER = tmp_path / "sms"
    monkeypatch.setattr("notifications.recipients._numbers", [lambda *_whose: "+447700900123"])
    monkeypatch.setattr("notifications.letters.SHORT", "subject.txt")
    notice = declare(Category.INCIDENT, channels=(Channel.EMAIL, Channel.SMS, Channel.SITE))
    notify(notice, rose, token="abc", hours=1)
    deliver()
    hand_over(bounce(row_to(rose)), monkeypatch, capsys)
    deliver()
    assert (row_to(rose).state, row_to(rose).channel, row_to(rose).reason) == (State.SENT, "sms", "5.1.1")
    assert len(list((tmp_path / "sms").iterdir())) == 1


def test_who_calls_news_spam_gets_none_any_more_and_what_is_always_sent_still(rose, declare, sink, monkeypatch, capsys):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    news = declare(Category.MARKETING, topic=Topic.NEWS)
    notify(news, rose, token="abc", hours=1)
    deliver()
    assert hand_over(complaint(row_to(rose)), monkeypatch, capsys) == "Taken in."
    assert row_to(rose).state == State.SENT
    notify(news, rose, token="abc", hours=1)
    deliver()
    assert Notification.objects.latest("pk").state == State.SUPPRESSED
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        notify(declare(Category.LEGAL), rose, token="abc", hours=1)
        deliver()
    assert Notification.objects.latest("pk").state == State.SENT


# --- who reports --------------------------------------------------------------------------------------------------
@pytest.mark.promise("N1")
def test_who_has_one_of_our_mails_silences_nobody_else(rose, sent, monkeypatch, capsys):
    fern = factories.make_member("fern")
    said = hand_over(bounce(sent, address=fern.email), monkeypatch, capsys)
    assert said == "Nothing about mail of ours."
    assert not Suppression.objects.exists()
    assert row_to(rose).state == State.SENT


@pytest.mark.promise("N1")
@pytest.mark.parametrize("token", ["1", "a" * 54, "", "0" * 64])
def test_without_the_token_of_a_row_nothing_is_believed(rose, sent, monkeypatch, capsys, token):
    raw = bounce(sent).replace(letters.sent_token(sent, "rose@example.org").encode(), token.encode())
    assert hand_over(raw, monkeypatch, capsys) == "Nothing about mail of ours."
    assert not Suppression.objects.exists()


def test_a_report_about_an_address_that_was_left_is_not_about_the_new_one(rose, sent, monkeypatch, capsys):
    rose.email = "rose@new.example"
    rose.save()
    nameless = re.sub(rb"(?m)^Final-Recipient.*\r\n", b"", bounce(sent))
    for raw in (bounce(sent), nameless, complaint(sent), bounce(sent, address=rose.email)):
        assert hand_over(raw, monkeypatch, capsys) == "Nothing about mail of ours."
    assert not Suppression.objects.exists()
    assert row_to(rose).state == State.SENT


@pytest.mark.promise("N1")
def test_by_the_token_of_a_page_nothing_is_believed(rose, sent):
    assert not take_in(Returned(Report.DEAD, letters.token_of(sent), rose.email))


@pytest.mark.promise("N1")
@pytest.mark.parametrize("raw_of", [bounce, complaint])
def test_a_report_counts_once_and_not_for_ever(rose, sent, monkeypatch, capsys, raw_of):
    raw = raw_of(sent)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert hand_over(raw, monkeypatch, capsys) == "Nothing about mail of ours."
    assert hand_over(raw, monkeypatch, capsys) == "Taken in."
    Suppression.objects.all().delete()  # the member has asked for it again
    assert hand_over(raw, monkeypatch, capsys) == "Nothing about mail of ours."
    assert not Suppression.objects.exists()


def test_twice_does_no_harm_and_who_is_gone_is_no_error(rose, sent, monkeypatch, capsys):
    for _turn in range(2):
        hand_over(bounce(sent), monkeypatch, capsys)
    assert row_to(rose).state == State.UNREACHABLE
    Member.objects.get(pk=rose.pk).delete()
    assert hand_over(bounce(sent), monkeypatch, capsys) == "Nothing about mail of ours."


@pytest.mark.parametrize("raw", [b"", b"\x00\xff", b"Subject: hi\n\nHello", b"Content-Type: multipart/report\n\n--b"])
def test_other_mail_is_left_alone(raw, monkeypatch, capsys):
    assert hand_over(raw, monkeypatch, capsys) == "Nothing about mail of ours."


@examples(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 800), st.integers(0, 40))
def test_no_bytes_at_all_are_an_error(junk, at, length):
    raw = bounce(Notification(pk=7))
    damaged = raw[:at] + junk + raw[at + length :]
    found = reports.read(damaged)
    assert found is None or isinstance(found, Returned)


# --- the provider -------------------------------------------------------------------------------------------------
SECRET = "hedgerow:a-secret-of-the-provider"


@pytest.fixture
def provided(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    provider.connect()
    yield
    provider.tracking.disconnect(dispatch_uid="notifications.provider")


def tell(rf, event, secret=SECRET):
    headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"} if secret else {}
    request = rf.post("/webhooks/mail/", json.dumps(event), content_type="application/json", headers=headers)
    return PostmarkTrackingWebhookView.as_view()(request)


def postmark(row, record, **more):
    return {
        "RecordType": record,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ID": 1,
        "Email": "rose@example.org",
        "BouncedAt": "2026-05-04T18:30:00Z",
        "Metadata": {"notice": letters.sent_token(row, "rose@example.org")},
        **more,
    }


@pytest.mark.parametrize(
    ("event", "state", "against"),
    [
        ({"record": "Bounce", "Type": "HardBounce"}, State.UNREACHABLE, ["bounced"]),
        ({"record": "Bounce", "Type": "BadEmailAddress"}, State.UNREACHABLE, ["bounced"]),
        ({"record": "Bounce", "Type": "Transient"}, State.SENT, []),
        ({"record": "SpamComplaint", "Type": "SpamComplaint"}, State.SENT, ["complained"]),
        ({"record": "Delivery"}, State.SENT, []),
        ({"record": "Open"}, State.SENT, []),
    ],
)
def test_what_a_provider_reports_ends_where_it_should(rose, sent, provided, rf, event, state, against):
    record = event.pop("record")
    tell(rf, postmark(sent, record, **event))
    assert (row_to(rose).state, list(reasons_against(rose.email))) == (state, against)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"null", b"7", b"\xff", b""])
def test_what_is_no_report_is_a_bad_request_and_no_error(provided, rf, body):
    headers = {"Authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}
    request = rf.post("/webhooks/mail/", body, content_type="application/json", headers=headers)
    with pytest.raises((BadRequest, SuspiciousOperation)):
        reports_of("postmark")(request)


def test_parts_within_parts_within_parts_are_no_error():
    head = "".join(f"Content-Type: multipart/report; boundary=b{number}\n\n--b{number}\n" for number in range(2000))
    assert reports.read(head.encode()) is None


@pytest.mark.promise("N1")
@pytest.mark.parametrize("secret", ["", "hedgerow:guessed", "other:a-secret-of-the-provider"])
def test_who_does_not_show_the_secret_is_not_believed(rose, sent, provided, rf, secret):
    with pytest.raises(Exception, match=r"(?i)auth|webhook"):
        tell(rf, postmark(sent, "Bounce", Type="HardBounce"), secret)
    assert row_to(rose).state == State.SENT


def test_who_declines_at_the_provider_has_declined(rose, declare, sink):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    notify(declare(Category.MARKETING, topic=Topic.NEWS), rose, token="abc", hours=1)
    deliver()
    assert take_in(Returned(Report.DECLINED, letters.sent_token(row_to(rose), rose.email), rose.email))
    assert choices_of(rose)[Topic.NEWS] == frozenset()
    choose(rose, {Topic.NEWS: EVERYWHERE})
    assert not take_in(Returned(Report.DECLINED, letters.sent_token(row_to(rose), rose.email), rose.email))
    assert choices_of(rose)[Topic.NEWS] == EVERYWHERE


@pytest.mark.promise("F6")
@pytest.mark.django_db(transaction=True)
def test_what_is_declined_at_the_provider_is_seen_at_once_by_who_sends(rose, declare, sink, monkeypatch):
    choose(rose, {Topic.NEWS: EVERYWHERE})
    notify(declare(Category.MARKETING, topic=Topic.NEWS), rose, token="abc", hours=1)
    deliver()
    whole = returned.choose

    def watched(*what):
        assert not connection.in_atomic_block
        return whole(*what)

    monkeypatch.setattr(returned, "choose", watched)
    assert take_in(Returned(Report.DECLINED, letters.sent_token(row_to(rose), rose.email), rose.email))


def test_what_comes_back_after_a_campaign_is_counted_with_it(rose, sink, monkeypatch, capsys):
    campaign = Campaign.objects.create(
        notice=WORDS[Category.LEGAL].slug,
        audience="everybody",
        parameters={"heading": "x", "text": "y", "page": ""},
        stage=Stage.PLANNED,
        needs_approval=False,
    )
    monkeypatch.setattr("notifications.gathering._is_approved", lambda _campaign: True)
    deliver()
    campaign.refresh_from_db()
    assert (campaign.stage, campaign.totals["sent"]) == (Stage.DONE, 1)
    hand_over(bounce(row_to(rose)), monkeypatch, capsys)
    deliver()
    campaign.refresh_from_db()
    assert (campaign.stage, campaign.totals["sent"], campaign.totals["unreachable"]) == (Stage.DONE, 0, 1)


def answered(status):
    return AnymailRequestsAPIError(
        "no", response=SimpleNamespace(status_code=status, text="", request=None, reason="x")
    )


def caused(cause):
    error = AnymailRequestsAPIError("no")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (AnymailRecipientsRefused("no"), Result.DEAD),
        (answered(429), Result.LATER),
        (answered(503), Result.LATER),
        (answered(401), Result.REFUSED),
        (answered(422), Result.REFUSED),
        (caused(NotConnected(MaxRetryError(None, "", NewConnectionError(None, "no")))), Result.LATER),
        (caused(ConnectTimeout("no")), Result.LATER),
        (caused(NotConnected(ProtocolError("Connection aborted.", ConnectionResetError()))), Result.UNCLEAR),
        (answered(502), Result.UNCLEAR),
        (answered(504), Result.UNCLEAR),
        (caused(ReadTimeout("no")), Result.UNCLEAR),
        (AnymailCancelSend("no"), Result.REFUSED),
    ],
)
def test_what_came_of_handing_over_to_a_provider(error, result):
    assert outcome_of(error).result is result
