"""Keep public names as search compares them, whatever letters the database knows how to fold."""

from django.db import migrations, models

from encryption.blind_index import normalise

BATCH = 1_000


def fold(apps, schema_editor):
    named = apps.get_model("accounts", "Profile").objects.using(schema_editor.connection.alias).exclude(public_name="")
    last = -1
    while batch := list(named.filter(pk__gt=last).only("pk", "public_name").order_by("pk")[:BATCH]):
        for profile in batch:
            profile.name_for_search = normalise(profile.public_name)
        named.bulk_update(batch, ["name_for_search"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_changes_of_address_and_invitations"),
    ]

    operations = [
        migrations.AddField(
            model_name="profile",
            name="name_for_search",
            field=models.TextField(blank=True, default=""),
        ),
        # No search could use this index: names are found by any part of them.
        migrations.AlterField(
            model_name="profile",
            name="public_name",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.RunPython(fold, migrations.RunPython.noop),
    ]
