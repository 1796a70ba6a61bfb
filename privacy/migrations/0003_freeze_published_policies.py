"""Let the database itself refuse to change a policy whose day has come, or to delete it once anybody has agreed to one."""

from django.db import migrations

SQLITE = (
    """
    CREATE TRIGGER published_policy_is_frozen BEFORE UPDATE ON privacy_policyversion
    WHEN julianday(OLD.effective_at) <= julianday('now')
    BEGIN SELECT RAISE(ABORT, 'a published version of the policy is frozen'); END
    """,
    """
    CREATE TRIGGER published_policy_stays BEFORE DELETE ON privacy_policyversion
    WHEN julianday(OLD.effective_at) <= julianday('now') AND EXISTS (SELECT 1 FROM privacy_policyacceptance)
    BEGIN SELECT RAISE(ABORT, 'a published version of the policy is frozen'); END
    """,
)
POSTGRESQL = (
    """
    CREATE FUNCTION refuse_frozen_policy() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'a published version of the policy is frozen' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE TRIGGER published_policy_is_frozen BEFORE UPDATE ON privacy_policyversion FOR EACH ROW
    WHEN (OLD.effective_at <= clock_timestamp()) EXECUTE FUNCTION refuse_frozen_policy()
    """,
    """
    CREATE FUNCTION refuse_agreed_policy() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM privacy_policyacceptance) THEN
            RAISE EXCEPTION 'a published version of the policy is frozen' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END $$
    """,
    """
    CREATE TRIGGER published_policy_stays BEFORE DELETE ON privacy_policyversion FOR EACH ROW
    WHEN (OLD.effective_at <= clock_timestamp()) EXECUTE FUNCTION refuse_agreed_policy()
    """,
)
UNDO_SQLITE = ("DROP TRIGGER published_policy_is_frozen", "DROP TRIGGER published_policy_stays")
UNDO_POSTGRESQL = (
    "DROP TRIGGER published_policy_is_frozen ON privacy_policyversion",
    "DROP TRIGGER published_policy_stays ON privacy_policyversion",
    "DROP FUNCTION refuse_frozen_policy()",
    "DROP FUNCTION refuse_agreed_policy()",
)


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
        ("privacy", "0002_remember_the_adult_age_applied"),
    ]

    operations = [
        migrations.RunPython(freeze, thaw),
    ]
