from datetime import timedelta

from django.db import migrations, models
from django.utils import timezone

# Until then yesterday's code may still end alerts, and it asks for no look.
AFTER_THE_DEPLOY = timedelta(minutes=10)


def look_at_open_storms(apps, schema_editor):
    storms = apps.get_model("alerts", "Storm").objects.filter(alert__ended_at=None)
    ids = list(storms.values_list("pk", flat=True))
    now = timezone.now()
    look = apps.get_model("alerts", "Look")
    look.objects.bulk_create(
        [look(storm_id=pk, due_at=at) for at in (now, now + AFTER_THE_DEPLOY) for pk in ids], 500
    )


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0005_rules_that_people_can_trust'),
    ]

    operations = [
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('storm_id', models.UUIDField()),
                ('due_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunPython(look_at_open_storms, migrations.RunPython.noop),
    ]
