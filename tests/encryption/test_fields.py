"""Sealed fields: what the database holds, what an attribute reads, what is refused."""

import copy
import datetime as dt
import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import connections, models, transaction
from django.db.models import F, Value
from pytest_django import DjangoAssertNumQueries

from accounts.models import Member, Profile
from encryption.envelope import BODY
from encryption.fields import (
    UNAVAILABLE,
    EncryptedCharField,
    EncryptedDateField,
    EncryptedJSONField,
    Sealed,
    is_untouched,
    prefetch_keys,
    unavailable_count,
)
from encryption.keys import KeyDestroyed, KeyMissing, data_key, destroy_data_key, forget_keys

from .conftest import plant, stored

CITY: Any = Profile._meta.get_field("city")


def reread(row: models.Model) -> Any:
    return type(row)._base_manager.get(pk=row.pk)


# --- storing ------------------------------------------------------------------------------------------------------
@pytest.mark.promise("K2")
def test_the_database_holds_envelopes_and_no_plaintext(profile: Profile) -> None:
    for column, plain in (("city", b"Uppsala"), ("phone", b"+46"), ("birth_date", b"1990"), ("interests", b"moss")):
        held = stored(profile, column)
        assert isinstance(held, bytes)
        assert held[:3] == b"\x01\x00\x01"
        assert plain not in held
    assert stored(profile.member, "email")[0] == 1


def test_values_come_back_in_their_types(profile: Profile) -> None:
    assert profile.city == "Uppsala"
    assert profile.birth_date == dt.date(1990, 2, 28)
    assert profile.interests == ["moss", {"depth": 2}]
    assert profile.member.email == "rose@example.org"


def test_nothing_is_stored_as_null_and_so_is_an_empty_text_in_a_nullable_column(profile: Profile) -> None:
    profile.city, profile.phone = None, ""
    profile.save()
    assert (stored(profile, "city"), stored(profile, "phone")) == (None, None)
    assert reread(profile).phone is None


def test_an_empty_text_in_a_column_that_is_never_null_is_sealed(rose: Member) -> None:
    rose.email = ""
    rose.save(update_fields=["email"])
    assert len(stored(rose, "email")) == BODY + 32
    assert reread(rose).email == ""


def test_every_way_of_creating_seals(rose: Member, fern: Member) -> None:
    Profile.objects.all().delete()
    Profile.objects.create(member=rose, city="Lund")
    Profile.objects.bulk_create([Profile(member=fern, city="Visby")])
    assert [p.city for p in Profile.objects.order_by("member__handle")] == ["Visby", "Lund"]
    Profile.objects.update_or_create(member=rose, defaults={"city": "Ystad"})
    assert Profile.objects.get(member=rose).city == "Ystad"
    conflict = {"update_conflicts": True, "unique_fields": ["member"], "update_fields": ["city"]}
    Profile.objects.bulk_create([Profile(member=fern, city="Sigtuna")], **conflict)
    assert Profile.objects.get(member=fern).city == "Sigtuna"


def test_a_row_without_a_key_cannot_be_sealed(profile: Profile) -> None:
    destroy_data_key(profile.pk)
    profile.city = "Lund"
    with pytest.raises(KeyDestroyed):
        profile.save()
    with pytest.raises(KeyMissing):
        Member(handle="nobody", email="n@example.org").save()


def test_a_row_without_a_subject_says_so(db: None) -> None:
    with pytest.raises(KeyMissing, match="no subject yet"):
        CITY.seal(None, "Lund")


# --- reading ------------------------------------------------------------------------------------------------------
def test_nothing_is_opened_before_it_is_read(profile: Profile) -> None:
    assert is_untouched(profile, "city")
    assert repr(profile.__dict__["city"]).startswith("<sealed")
    assert profile.city == "Uppsala"
    assert not is_untouched(profile, "city")
    assert is_untouched(profile, "phone")


def test_saving_what_was_not_opened_writes_the_same_bytes(profile: Profile) -> None:
    before = stored(profile, "city"), stored(profile, "phone")
    assert profile.phone
    profile.save()
    assert stored(profile, "city") == before[0]
    assert stored(profile, "phone") != before[1]


def test_deferred_fields_are_read_when_needed(
    profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for found in (Profile.objects.defer("city").get(pk=profile.pk), Profile.objects.only("phone").get(pk=profile.pk)):
        assert "city" in found.get_deferred_fields()
        with django_assert_num_queries(1):
            assert found.city == "Uppsala"
            assert found.city == "Uppsala"


def test_refreshing_drops_what_was_set(profile: Profile) -> None:
    profile.city = "Lund"
    profile.refresh_from_db()
    assert profile.city == "Uppsala"


def test_refreshing_to_something_unavailable_keeps_nothing_old(profile: Profile) -> None:
    assert profile.city == "Uppsala"
    plant(profile, "city", b"\x01\x00\x01 broken")
    profile.refresh_from_db()
    assert profile.city is UNAVAILABLE
    profile.save()
    assert stored(profile, "city") == b"\x01\x00\x01 broken"


@pytest.mark.parametrize("opened", [True, False])
def test_copies_and_pickles_read_the_same(profile: Profile, opened: bool) -> None:
    if opened:
        assert profile.city
    copies: list[Profile] = [copy.copy(profile), copy.deepcopy(profile), pickle.loads(pickle.dumps(profile))]
    assert [found.city for found in copies] == ["Uppsala"] * 3
    assert is_untouched(profile, "city") is not opened


def test_a_pickle_of_an_unopened_row_holds_no_plaintext(profile: Profile) -> None:
    assert b"Uppsala" not in pickle.dumps(profile)


def test_a_page_of_members_costs_one_query_to_the_keystore(
    profile: Profile, other_profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keystore = connections["keystore"]
    for rows in (
        Profile.objects.with_keys(),
        Profile.objects.with_keys().iterator(),
        Profile.objects.filter().with_keys(),
    ):
        forget_keys()
        with django_assert_num_queries(1, connection=keystore):
            assert sorted(found.city for found in rows) == ["Uppsala", "Visby"]
    forget_keys()
    with django_assert_num_queries(1, connection=keystore):
        prefetch_keys([profile, other_profile.pk])
        assert profile.city == "Uppsala"
        assert other_profile.city == "Visby"


# --- what does not open ---------------------------------------------------------------------------------------------
@pytest.mark.promise("K2")
def test_a_changed_envelope_reads_unavailable_and_is_written_back_as_it_is(
    profile: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    broken = stored(profile, "city")[:-1] + b"\0"
    plant(profile, "city", broken)
    found, before = reread(profile), unavailable_count()
    with caplog.at_level(logging.ERROR, "hedgerow.encryption"):
        assert found.city is UNAVAILABLE
        assert found.city is UNAVAILABLE
    assert unavailable_count() == before + 1
    assert [record.getMessage() for record in caplog.records] == [
        f"unavailable: accounts.Profile.city of subject {profile.pk}"
    ]
    found.save()
    assert stored(profile, "city") == broken


@pytest.mark.promise("K2")
def test_envelopes_do_not_move_between_members_and_columns(profile: Profile, other_profile: Profile) -> None:
    plant(other_profile, "city", stored(profile, "city"))
    plant(profile, "phone", stored(profile, "city"))
    assert reread(other_profile).city is UNAVAILABLE
    assert reread(profile).phone is UNAVAILABLE
    assert reread(profile).city == "Uppsala"


@pytest.mark.promise("K2")
@pytest.mark.parametrize(
    "planted",
    # PostgreSQL's columns have a type: text and numbers do not get in.
    [*(pytest.param(value, marks=pytest.mark.sqlite) for value in ("Berlin", "", 7)), b"Berlin", b"", b"\x01"],
)
def test_plaintext_planted_in_the_column_is_never_shown(profile: Profile, planted: Any) -> None:
    plant(profile, "city", planted)
    found = reread(profile)
    assert found.city is UNAVAILABLE
    [listed] = Profile.objects.filter(pk=profile.pk).values_list("city", flat=True)
    assert isinstance(listed, Sealed)
    assert "Berlin" not in f"{listed} {listed!r}"
    found.save()
    assert stored(profile, "city") == planted


def test_values_of_a_destroyed_key_are_unavailable(profile: Profile) -> None:
    destroy_data_key(profile.pk)
    found = reread(profile)
    assert {found.city, found.birth_date, str(found.interests)} == {UNAVAILABLE, "unavailable"}


def test_a_sealed_value_of_another_kind_is_unavailable(profile: Profile) -> None:
    sealed = data_key(profile.pk).seal(b"no date", Profile._meta.get_field("birth_date").binding)
    plant(profile, "birth_date", sealed)
    assert reread(profile).birth_date is UNAVAILABLE
    plant(profile, "interests", data_key(profile.pk).seal(b"{", Profile._meta.get_field("interests").binding))
    assert reread(profile).interests is UNAVAILABLE


def test_unavailable_is_one_false_value_that_says_so() -> None:
    assert not UNAVAILABLE
    assert str(UNAVAILABLE) == "unavailable"
    assert copy.deepcopy(UNAVAILABLE) is pickle.loads(pickle.dumps(UNAVAILABLE)) is UNAVAILABLE


def test_unavailable_cannot_be_stored_in_a_new_row(rose: Member) -> None:
    from encryption.envelope import DecryptionError

    Profile.objects.all().delete()
    with pytest.raises(DecryptionError, match="new row"):
        Profile.objects.create(member=rose, city=UNAVAILABLE)


# --- what must not reach the database -------------------------------------------------------------------------------
REFUSED: dict[str, Callable[[Profile], object]] = {
    "update": lambda p: Profile.objects.update(city="Lund"),
    "update with an expression": lambda p: Profile.objects.update(city=Value("Lund")),
    "update from a column": lambda p: Profile.objects.update(city=F("public_name")),
    "bulk_update": lambda p: Profile.objects.bulk_update([p], ["city"]),
    "filter": lambda p: Profile.objects.filter(city="Lund"),
    "filter in": lambda p: Profile.objects.filter(city__in=["Lund"]),
    "exclude": lambda p: Profile.objects.exclude(city__icontains="u"),
    "get_or_create": lambda p: Profile.objects.get_or_create(city="Lund"),
    "transform": lambda p: Profile.objects.filter(birth_date__year=1990),
    "typed value": lambda p: list(Profile.objects.annotate(x=Value("Lund", output_field=CITY))),
}


@pytest.mark.promise("K2")
@pytest.mark.parametrize("way", REFUSED)
def test_plaintext_cannot_pass_by_the_seal(profile: Profile, way: str) -> None:
    before = stored(profile, "city")
    assert profile.city
    with pytest.raises(FieldError), transaction.atomic():
        REFUSED[way](profile)
    assert stored(profile, "city") == before


def test_an_expression_on_an_instance_is_refused(profile: Profile) -> None:
    profile.city = Value("Lund")
    with pytest.raises(FieldError):
        profile.save()


def test_bytes_on_an_instance_are_refused(profile: Profile) -> None:
    profile.city = b"Lund"
    with pytest.raises(ValidationError):
        profile.save()


def test_an_envelope_may_be_updated_and_nothing_blanked(profile: Profile) -> None:
    Profile.objects.update(city=CITY.seal(profile.pk, "Lund"))
    assert reread(profile).city == "Lund"
    Profile.objects.update(city=None)
    assert Profile.objects.filter(city__isnull=True).count() == 1


# --- forms ----------------------------------------------------------------------------------------------------------
class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Profile
        fields = ("city", "birth_date", "interests")


def test_a_form_shows_and_saves_plain_values(profile: Profile) -> None:
    assert 'value="Uppsala"' in str(ProfileForm(instance=profile))
    form = ProfileForm({"city": "Lund", "birth_date": "1991-03-01", "interests": "[1]"}, instance=profile)
    assert form.is_valid(), form.errors
    form.save()
    found = reread(profile)
    assert (found.city, found.birth_date, found.interests) == ("Lund", dt.date(1991, 3, 1), [1])


def test_a_form_keeps_what_could_not_be_opened(profile: Profile) -> None:
    broken = stored(profile, "city")[:-1] + b"\0"
    plant(profile, "city", broken)
    form = ProfileForm({"city": "", "birth_date": "", "interests": "null"}, instance=reread(profile))
    assert "unavailable" not in str(form)
    assert form.is_valid(), form.errors
    form.save()
    assert stored(profile, "city") == broken
    assert reread(profile).birth_date is None


@pytest.mark.promise("K2")
def test_a_ciphertext_typed_into_a_form_stays_text(profile: Profile) -> None:
    import base64

    sealed = stored(profile, "city")
    for typed in (base64.b64encode(sealed).decode(), sealed.hex(), str(sealed)):
        assert CITY.to_python(typed) == typed
        profile.postal_address = typed
        profile.full_clean(exclude=["member"])
        profile.save()
        assert reread(profile).postal_address == typed


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "b\udfff"])
def test_text_that_cannot_be_stored_is_a_validation_error(profile: Profile, text: str) -> None:
    for field in (CITY, Profile._meta.get_field("interests"), Member._meta.get_field("email")):
        if isinstance(field, EncryptedJSONField) and "\0" in text:
            continue  # JSON writes it as an escape
        with pytest.raises(ValidationError):
            field.clean(text, profile)
    profile.city = text
    with pytest.raises(ValidationError):
        profile.save()


@pytest.mark.parametrize(
    "text", ["1990-2-28", "19900228", "1990-W09-3", "1990-02-30", "1990-02-28 ", "1990-02-28T00:00", "١٩٩٠-٠٢-٢٨"]
)
def test_dates_are_read_strictly(text: str) -> None:
    field = EncryptedDateField(null=True)
    with pytest.raises(ValidationError):
        field.to_python(text)
    assert field.to_python("1990-02-28") == dt.date(1990, 2, 28)


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object()])
def test_only_json_goes_into_a_json_field(value: object) -> None:
    with pytest.raises(ValidationError):
        EncryptedJSONField().to_python(value)


def test_lengths_are_validated_on_the_plain_text(profile: Profile) -> None:
    assert CITY.clean("ö" * 120, profile) == "ö" * 120
    with pytest.raises(ValidationError):
        CITY.clean("ö" * 121, profile)


def test_cleaning_a_row_leaves_the_unavailable_alone(profile: Profile) -> None:
    broken = stored(profile, "city")[:-1] + b"\0"
    plant(profile, "city", broken)
    found = reread(profile)
    found.full_clean()
    found.save()
    assert stored(profile, "city") == broken


# --- declarations ---------------------------------------------------------------------------------------------------
def test_subject_context_and_length_are_kept_in_migrations() -> None:
    field = EncryptedCharField(max_length=9, subject="owner_id", context="a.b")
    field.set_attributes_from_name("city")
    _, path, _, options = field.deconstruct()
    assert path == "encryption.fields.EncryptedCharField"
    assert options == {"max_length": 9, "subject": "owner_id", "context": "a.b"}
    assert (CITY.context, Member._meta.get_field("email").context) == ("accounts_profile.city", "accounts_member.email")


@pytest.mark.parametrize("option", ["unique", "db_index"])
def test_a_sealed_field_is_never_unique_or_indexed(option: str) -> None:
    field = EncryptedCharField(max_length=9, **{option: True})
    field.model = Profile
    field.set_attributes_from_name("bad")
    assert "encryption.E001" in {fault.id for fault in field.check()}


def test_a_subject_that_is_not_there_is_an_error() -> None:
    field = EncryptedCharField(max_length=9, subject="owner_id")
    field.model = Profile
    field.set_attributes_from_name("bad")
    assert [fault.id for fault in field.check()] == ["encryption.E002"]
