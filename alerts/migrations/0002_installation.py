"""Names this installation, once."""

from django.db import migrations


def name_installation(apps, schema_editor):
    installation = apps.get_model("alerts", "Installation")
    if not installation.objects.exists():
        installation.objects.create()


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial")]

    operations = [migrations.RunPython(name_installation, migrations.RunPython.noop)]
