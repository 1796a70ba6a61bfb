"""Write, approve, publish and withdraw versions of the policy; let what was agreed to outlive the account."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

frozen = import_module("privacy.migrations.0003_freeze_published_policies")


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0005_steps_of_erasure_and_legal_holds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # SQLite makes tables anew and would lose them; the next migration puts better ones in their place.
        migrations.RunPython(frozen.thaw, frozen.freeze),
        migrations.AlterModelOptions(
            name="policyversion",
            options={
                "permissions": [("approve_policyversion", "Can approve versions of the policy by others")],
                "verbose_name": "version of the policy",
                "verbose_name_plural": "versions of the policy",
            },
        ),
        migrations.AddField(
            model_name="policyacceptance",
            name="left_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="policyacceptance",
            name="pseudonym",
            field=models.BinaryField(default=b"", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="policyversion",
            name="approved_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="approved by",
            ),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="came_with_site",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="catalogue_fingerprint",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="data_table",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="digest",
            field=models.CharField(blank=True, max_length=64, verbose_name="SHA-256"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="published_at",
            field=models.DateTimeField(null=True, verbose_name="published"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="stage",
            field=models.CharField(
                choices=[
                    ("draft", "being written"),
                    ("asked", "waiting for approval"),
                    ("published", "published"),
                    ("withdrawn", "withdrawn before its day"),
                ],
                default="draft",
                max_length=9,
                verbose_name="stage",
            ),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="summary",
            field=models.TextField(blank=True, verbose_name="what changes, in a few sentences"),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="writers",
            field=models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="written_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="written by",
            ),
        ),
        migrations.AlterField(
            model_name="policyacceptance",
            name="member",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="policyversion",
            name="body",
            field=models.TextField(
                help_text="Markdown. Each clause begins with “## a. Its title”.", verbose_name="text"
            ),
        ),
        migrations.AlterField(
            model_name="policyversion",
            name="effective_at",
            field=models.DateTimeField(verbose_name="in force from"),
        ),
        migrations.AlterField(
            model_name="policyversion",
            name="mode",
            field=models.CharField(
                choices=[("tell", "tell everybody"), ("ask", "ask everybody again")],
                default="tell",
                max_length=4,
                verbose_name="members are",
            ),
        ),
        migrations.AlterField(
            model_name="policyversion",
            name="number",
            field=models.CharField(max_length=20, verbose_name="number"),
        ),
        migrations.AddIndex(
            model_name="policyacceptance",
            index=models.Index(
                condition=models.Q(("left_at", None), _negated=True),
                fields=["left_at"],
                name="privacy_acceptances_left",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", "withdrawn"), _negated=True),
                fields=("number",),
                name="privacy_one_version_of_a_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage__in", ["draft", "asked", "published", "withdrawn"])),
                name="privacy_known_stage_of_policy",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stage__in", ("draft", "asked")),
                    models.Q(models.Q(("digest", ""), _negated=True), models.Q(("published_at", None), _negated=True)),
                    _connector="OR",
                ),
                name="privacy_published_means_frozen",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("approved_by", models.F("written_by")), _negated=True),
                name="privacy_policy_by_somebody_else",
            ),
        ),
    ]
