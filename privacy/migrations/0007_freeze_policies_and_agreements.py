"""Let the database itself refuse what nobody may do to a published policy, or to what somebody agreed to.

A version is published by somebody who did not write it, and from then on changes only to *withdrawn*, before its day.
An agreement loses its member, once, and then it is noted when.
"""

# ruff: noqa: S608 - put together of names of columns only

from django.db import migrations
from django.utils import timezone

CONTENT = (
    "number",
    "body",
    "summary",
    "mode",
    "effective_at",
    "came_with_site",
    "published_at",
    "data_table",
    "catalogue_fingerprint",
    "digest",
)
EVIDENCE = ("version_id", "text_digest", "language", "accepted_at", "pseudonym")
FROZEN = "a published version of the policy is frozen"
ALONE = "a version of the policy takes two people"
EVIDENT = "what somebody agreed to does not change"
# By whom is forgotten with their accounts.
PEOPLE = "(NEW.{0} {same} OLD.{0} OR NEW.{0} IS NULL)"


def conditions(same, now):
    """Return what may become of a version and of an agreement, in the words of one database."""
    people = " AND ".join(PEOPLE.format(name, same=same) for name in ("written_by_id", "approved_by_id"))
    content = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in CONTENT)
    evidence = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in EVIDENCE)
    return {
        "kept": f"(NEW.stage = OLD.stage OR (OLD.stage = 'published' AND NEW.stage = 'withdrawn' AND {now}))"
        f" AND {content} AND {people}",
        "by_two": "NEW.approved_by_id IS NOT NULL AND NEW.approved_by_id <> NEW.written_by_id AND NOT EXISTS (SELECT 1"
        " FROM privacy_policyversion_writers w WHERE w.policyversion_id = NEW.id AND w.member_id = NEW.approved_by_id)",
        "evident": f"{evidence} AND (NEW.member_id {same} OLD.member_id OR NEW.member_id IS NULL)"
        f" AND (NEW.left_at {same} OLD.left_at OR (OLD.left_at IS NULL AND NEW.member_id IS NULL))",
    }


_sqlite = conditions("IS", "julianday(OLD.effective_at) > julianday('now')")
SQLITE = (
    f"""
    CREATE TRIGGER published_policy_is_frozen BEFORE UPDATE ON privacy_policyversion
    WHEN OLD.stage IN ('published', 'withdrawn') AND NOT ({_sqlite["kept"]})
    BEGIN SELECT RAISE(ABORT, '{FROZEN}'); END
    """,
    f"""
    CREATE TRIGGER policy_is_published_by_two BEFORE UPDATE ON privacy_policyversion
    WHEN NEW.stage = 'published' AND OLD.stage <> 'published' AND NOT ({_sqlite["by_two"]})
    BEGIN SELECT RAISE(ABORT, '{ALONE}'); END
    """,
    f"""
    CREATE TRIGGER policy_is_not_born_published BEFORE INSERT ON privacy_policyversion
    WHEN NEW.stage = 'published' AND NOT NEW.came_with_site
    BEGIN SELECT RAISE(ABORT, '{ALONE}'); END
    """,
    f"""
    CREATE TRIGGER published_policy_stays BEFORE DELETE ON privacy_policyversion
    WHEN OLD.stage IN ('published', 'withdrawn') AND EXISTS (SELECT 1 FROM privacy_policyacceptance)
    BEGIN SELECT RAISE(ABORT, '{FROZEN}'); END
    """,
    f"""
    CREATE TRIGGER agreement_does_not_change BEFORE UPDATE ON privacy_policyacceptance
    WHEN NOT ({_sqlite["evident"]})
    BEGIN SELECT RAISE(ABORT, '{EVIDENT}'); END
    """,
    """
    CREATE TRIGGER agreement_is_left AFTER UPDATE OF member_id ON privacy_policyacceptance
    WHEN OLD.member_id IS NOT NULL AND NEW.member_id IS NULL AND NEW.left_at IS NULL
    BEGIN UPDATE privacy_policyacceptance SET left_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE id = NEW.id; END
    """,
)
UNDO_SQLITE = tuple(
    f"DROP TRIGGER {name}"
    for name in (
        "published_policy_is_frozen",
        "policy_is_published_by_two",
        "policy_is_not_born_published",
        "published_policy_stays",
        "agreement_does_not_change",
        "agreement_is_left",
    )
)

_postgresql = conditions("IS NOT DISTINCT FROM", "OLD.effective_at > clock_timestamp()")
POSTGRESQL = (
    f"""
    CREATE FUNCTION keep_policy() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.stage = 'published' AND NOT NEW.came_with_site THEN
                RAISE EXCEPTION '{ALONE}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        ELSIF OLD.stage IN ('published', 'withdrawn') THEN
            IF NOT ({_postgresql["kept"]}) THEN
                RAISE EXCEPTION '{FROZEN}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        ELSIF NEW.stage = 'published' AND NOT ({_postgresql["by_two"]}) THEN
            RAISE EXCEPTION '{ALONE}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER policy_is_kept BEFORE INSERT OR UPDATE ON privacy_policyversion
    FOR EACH ROW EXECUTE FUNCTION keep_policy()
    """,
    f"""
    CREATE FUNCTION refuse_agreed_policy() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM privacy_policyacceptance) THEN
            RAISE EXCEPTION '{FROZEN}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END $$
    """,
    """
    CREATE TRIGGER published_policy_stays BEFORE DELETE ON privacy_policyversion FOR EACH ROW
    WHEN (OLD.stage IN ('published', 'withdrawn')) EXECUTE FUNCTION refuse_agreed_policy()
    """,
    f"""
    CREATE FUNCTION keep_agreement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT ({_postgresql["evident"]}) THEN
            RAISE EXCEPTION '{EVIDENT}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.member_id IS NOT NULL AND NEW.member_id IS NULL AND NEW.left_at IS NULL THEN
            NEW.left_at := clock_timestamp();
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER agreement_is_kept BEFORE UPDATE ON privacy_policyacceptance
    FOR EACH ROW EXECUTE FUNCTION keep_agreement()
    """,
)
UNDO_POSTGRESQL = (
    "DROP TRIGGER policy_is_kept ON privacy_policyversion",
    "DROP TRIGGER published_policy_stays ON privacy_policyversion",
    "DROP TRIGGER agreement_is_kept ON privacy_policyacceptance",
    "DROP FUNCTION keep_policy()",
    "DROP FUNCTION refuse_agreed_policy()",
    "DROP FUNCTION keep_agreement()",
)


def fill(apps, schema_editor):
    """Say of versions that there are that the site came with them, and under which pseudonyms they were agreed to."""
    if schema_editor.connection.alias != "default":
        return
    from privacy.models import PolicyVersion, pseudonym_of

    for version in apps.get_model("privacy", "PolicyVersion").objects.all():
        whole = PolicyVersion(number=version.number, body=version.body, mode=version.mode)
        whole.effective_at, whole.came_with_site = version.effective_at, True
        whole.freeze()
        for name in ("stage", "came_with_site", "data_table", "catalogue_fingerprint", "digest"):
            setattr(version, name, getattr(whole, name))
        version.published_at = min(version.effective_at, timezone.now())
        version.save()
    acceptances = apps.get_model("privacy", "PolicyAcceptance").objects
    for number, handle in acceptances.values_list("pk", "member__handle").iterator(chunk_size=1_000):
        acceptances.filter(pk=number).update(pseudonym=pseudonym_of(handle))


def freeze(apps, schema_editor):
    execute(schema_editor, {"sqlite": SQLITE, "postgresql": POSTGRESQL})


def thaw(apps, schema_editor):
    execute(schema_editor, {"sqlite": UNDO_SQLITE, "postgresql": UNDO_POSTGRESQL})


def execute(schema_editor, statements):
    if schema_editor.connection.alias == "default":
        for statement in statements[schema_editor.connection.vendor]:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0006_policy_documents"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(freeze, thaw),
    ]
