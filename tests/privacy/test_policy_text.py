"""The text that ships covers every statement of the policy that it carries out, in the clause where it belongs."""

import re
from functools import cache

import pytest
from django.test import Client
from django.utils.html import strip_tags

from privacy.policy.clauses import clauses_of
from privacy.policy.controls import CONTROLS, controls_of, missing
from privacy.policy.first import first_policy_text
from tests import factories

# Where the preamble has no letter.
PREAMBLE = ""
# A statement of the policy, the clause that makes it, and words by which it is known there.
POINTS = [
    ("what kind of information, and why", PREAMBLE, "What do we collect, and why?"),
    ("how it is used", PREAMBLE, "What do we do with it?"),
    ("options: access, update, control", PREAMBLE, "What can you choose?"),
    ("obligations of the member", PREAMBLE, "What do we ask of you?"),
    ("security", PREAMBLE, "How is it protected?"),
    ("services by website, software and other programs", "a", "a website, through the software behind it, and through"),
    ("only to make the service better", "a", "works for you and gets better"),
    ("easier", "a", "is easy to use"),
    ("faster and more accurate", "a", "quickly and correctly"),
    ("only for declared purposes", "a", "has a purpose with a name"),
    ("registration information", "b", "Registration information"),
    ("uploaded information", "b", "Information you upload"),
    ("information from use", "b", "Information from your use of the service"),
    ("kept for a stated time", "b", "kept for a stated time"),
    ("review and change", "c", "review and change your information"),
    ("only after signing in", "c", "only after you have signed in"),
    ("keep it up to date", "c", "sign in and change it here"),
    ("reminded", "c", "Once a year we ask you"),
    ("taken along", "c", "take a copy with you"),
    ("cancel by contact", "d", "getting in touch with us"),
    ("cancel oneself", "d", "by yourself"),
    ("no duty to keep or offer afterwards", "d", "no duty to keep or hand out"),
    ("invisible at once", "d", "nobody else sees you"),
    ("recipients erase too", "d", "told to erase it"),
    ("what stays is named", "d", "A little has to stay"),
    ("stays erased", "d", "What is erased stays erased"),
    ("public may be browsed, commented, reposted", "e", "read by them, commented on and passed on"),
    ("protect by settings", "e", "setting who sees it"),
    ("urged to complete them", "e", "go through your privacy settings"),
    ("risk if not", "e", "run the risk that more is open"),
    ("else taken to accept the defaults", "e", "taken to have accepted them"),
    ("a social network, so some are public", "e", "is a social network, so some of them are open"),
    ("anybody can get at what is public", "e", "on the internet and signed in or not"),
    ("changed on the pages", "e", "You change them later where you see them"),
    ("cannot be inferred", "e", "cannot work out"),
    ("at once", "e", "counts at the next look"),
    ("a changed default opens nothing", "e", "if we change a default later, nothing of yours opens"),
    ("use means agreeing", "f", "By using Hedgerow you agree"),
    ("authorise to collect and process", "f", "authorise us to collect and handle"),
    ("to operate and improve", "f", "to run the service and improve it"),
    ("nothing typed twice", "f", "typing the same thing twice"),
    ("tailored", "f", "likely to interest you"),
    ("can be wrong", "f", "can be wrong"),
    ("own judgement", "f", "your own good judgement"),
    ("no liability for accuracy", "f", "do not answer for the accuracy"),
    ("contact by e-mail or telephone", "f", "e-mail address or telephone number"),
    ("may be declined", "f", "stop them at any time"),
    ("service notices in any case", "f", "come in any case"),
    ("changes of terms among them", "f", "changes of these terms"),
    ("public contact data draws mail", "g", "write to you without being asked"),
    ("warned", "g", "We warn you before"),
    ("affiliates, partners, solution providers", "h", "affiliates, partners, and those who provide"),
    ("not without consent", "h", "you have agreed to that partner"),
    (
        "never sold, leased or distributed",
        "h",
        "do not sell your information. We do not lease it out or pass it around",
    ),
    ("services together with companies", "h", "done for you together with companies"),
    ("for that purpose only", "h", "for that purpose alone"),
    ("confidentiality by contract", "h", "binds it to confidentiality"),
    ("the same duties", "h", "the same duties towards you that we have"),
    ("withdrawn at once", "h", "withdraw as easily as you agreed"),
    ("on record", "h", "a record is sealed"),
    ("respect", "i", "We respect your privacy"),
    ("by consent", "i", "you agreed to make it public"),
    ("by law, authority, court", "i", "law, an authority or a court requires it"),
    ("emergency, others' rights, the public", "i", "rights and interests of other members, or the safety and"),
    ("the member is told", "i", "We tell you"),
    ("how often is public", "i", "How often such things happen"),
    (
        "sale, merger, insolvency",
        "j",
        "sell the business or what belongs to it, merge with another, or become insolvent",
    ),
    ("the successor is bound", "j", "only as the law and this text allow"),
    ("measures against unauthorised access", "k", "unauthorised access, use and disclosure"),
    ("TLS, RSA, AES", "k", "RSA certificates of at least 2048 bits and AES with 256 bits"),
    ("stored with AES-256", "k", "sealed with AES with 256 bits, the strength that banks use"),
    ("adjusted with the times", "k", "Measures change as technology does"),
    ("best efforts", "k", "We do our best"),
    ("no guarantee", "k", "nobody can give a guarantee"),
    ("a page about it", "k", "Security and protection"),
    ("report a leak", "l", "please tell us soon"),
    ("help", "l", "reasonably can be done to help"),
    ("told of dangers such as weaknesses", "l", "such as a weakness in the software"),
    ("by registered e-mail or announcement", "l", "e-mail address that you registered, or with an announcement"),
    ("juveniles are not identified to others", "m", "Nobody outside can tell"),
    (
        "but in emergencies or to authorities",
        "m",
        "necessary help in an emergency, or to assist an authority or a court",
    ),
    ("a child's data deleted soon", "m", "erase it as soon as possible"),
    ("remedied as well as possible", "n", "we do our best to put it right"),
    ("not liable", "n", "we are not liable"),
    ("viruses, trojans, hackers", "n", "viruses, Trojans or attacks by hackers"),
    ("required by law", "n", "required us to hand it over"),
    ("passwords told, accounts shared", "n", "told somebody your password, or let somebody use your account"),
]


@cache
def words_of() -> dict[str, str]:
    """Return the words of the preamble and of every clause, by letter."""
    preamble, clauses = clauses_of(first_policy_text())
    said = {PREAMBLE: preamble} | {clause.mark: clause.html for clause in clauses if clause.mark}
    return {mark: " ".join(strip_tags(html).split()) for mark, html in said.items()}


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("point", "mark", "words"), POINTS, ids=[f"{mark or 'preamble'}: {point}" for point, mark, _ in POINTS]
)
def test_every_point_is_made_in_its_clause(point: str, mark: str, words: str):
    assert words in words_of()[mark], point


def test_no_clause_is_without_points():
    assert {mark for _point, mark, _words in POINTS} == set(words_of())


# --- what carries it out ---------------------------------------------------------------------------------------------
# Pages that clauses will lead to once they are there. A page that goes, or is written wrongly, is in no such list.
NOT_YET = {
    "/settings/information/",
    "/settings/information/download/",
    "/settings/sharing/",
    "/settings/disclosures/",
    "/transparency/",
    "/security/",
    "/security/report/",
}


def test_a_clause_leads_to_pages_that_are_there_and_says_which_are_not():
    assert set(missing()) <= NOT_YET
    assert all(control.exists for mark in CONTROLS for control in controls_of(mark))
    assert {control.address for control in controls_of("g")} == {
        "/settings/privacy/email/",
        "/settings/privacy/phone/",
        "/blocks/",
    }


@pytest.mark.promise("I1")
@pytest.mark.django_db
def test_every_link_of_the_page_arrives_for_a_member_and_asks_a_visitor_to_sign_in_first():
    member, visitor = Client(), Client()
    factories.sign_in(member, factories.make_member("rose"))
    found = [control for mark in CONTROLS for control in controls_of(mark)]
    page = visitor.get("/policy/").content.decode()
    for control in found:
        assert f'href="{control.address}"' in page, control.address
        assert member.get(control.address, follow=True).status_code == 200, control.address
        answer = visitor.get(control.address)
        wants_sign_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
        assert wants_sign_in is not control.is_open, control.address


@pytest.mark.promise("I1")
@pytest.mark.django_db
def test_links_within_the_text_lead_somewhere():
    preamble, clauses = clauses_of(first_policy_text())
    html = preamble + "".join(clause.html for clause in clauses)
    anchors = {f"#{clause.slug}" for clause in clauses}
    links = set(re.findall(r'href="([^"]*)"', html))
    assert {f"#{mark}" for mark in "abcdefghijklmn"} <= links
    for link in links - anchors:
        assert Client().get(link).status_code == 200, link
