"""Bind the blind indexes of values that not all members may see to their owners.

Each batch is a transaction of its own that holds its rows, so that a site goes on meanwhile. A second run changes
nothing that is right already.
"""

from functools import partial

from django.db import migrations, transaction
from django.db.models import Q

from catalogue.vocabulary import Audience
from encryption.blind_index import BlindIndexField
from encryption.keys import data_keys
from encryption.overwriting import empty_write_ahead_log
from encryption.sealed import UNAVAILABLE

BATCH = 500
INDEXED = ("city", "employer", "school")


def bind_narrow_indexes(apps, schema_editor):
    alias = schema_editor.connection.alias
    narrow = Q()
    for name in INDEXED:
        narrow |= Q(**{f"{name}_index__isnull": False, f"{name}_audience__gt": Audience.MEMBERS})
    every = apps.get_model("accounts", "Profile").objects.using(alias).filter(narrow).order_by("pk")
    last = -1
    while last is not None:
        with transaction.atomic(using=alias):
            last = bind_batch(every, last)
    transaction.on_commit(partial(empty_write_ahead_log, alias), using=alias)


def bind_batch(every, after):
    """Bind the rows that follow ``after``; return the last one, or None where there are none."""
    rows = list(every.filter(pk__gt=after).select_for_update()[:BATCH])
    data_keys(row.pk for row in rows)
    for row in rows:
        for name in INDEXED:
            index, value = row._meta.get_field(f"{name}_index"), getattr(row, name)
            level = getattr(row, index.level)
            if not index.is_common(level):
                setattr(row, index.attname, None if value is UNAVAILABLE else index.index_of(value, row.pk, level))
    every.model.objects.using(every.db).bulk_update(rows, [f"{name}_index" for name in INDEXED])
    return rows[-1].pk if rows else None


def indexed_by(name):
    field = BlindIndexField(of=name, level=f"{name}_audience", common_up_to=Audience.MEMBERS, db_index=True)
    return migrations.AlterField("profile", f"{name}_index", field)


class Migration(migrations.Migration):
    atomic = False  # a transaction for each batch

    dependencies = [("accounts", "0005_fold_public_names_for_search")]

    operations = [
        *(indexed_by(name) for name in INDEXED),
        # Back: nothing. A common index of a hidden value tells who has the same; the version before merely does not
        # find by it until it is saved. So going back and forth runs the binding once more.
        migrations.RunPython(bind_narrow_indexes, migrations.RunPython.noop),
    ]
