import django.db.models.deletion
from django.db import migrations, models

import encryption.blind_index


class Migration(migrations.Migration):
    dependencies = [
        ("security", "0002_what_an_event_happened_in"),
        ("accounts", "0007_leftovers"),
    ]

    operations = [
        # No page has written a row of this table yet, so nothing has to be filled in.
        migrations.AddField(
            model_name="emailchange",
            name="event",
            field=models.OneToOneField(
                default=None,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="security.event",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="emailchange",
            name="former_index",
            field=encryption.blind_index.BlindIndexField(
                context="accounts_member.email", db_index=True, editable=False, null=True, of="former"
            ),
        ),
    ]
