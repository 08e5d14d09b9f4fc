from django.db import migrations, models

CHOICES = [("never", "never"), ("calls", "for every call"), ("270", "when a call crosses 270")]


class Migration(migrations.Migration):
    """Rename the field, not its column: servers of the version before may still be running."""

    dependencies = [("broadcaster", "0010_shipped_contests")]

    operations = [
        migrations.AlterField(
            model_name="broadcast",
            name="second_person",
            field=models.CharField(
                "approval by another person",
                max_length=5,
                choices=CHOICES,
                default="270",
                help_text="When another person must approve a take before it goes on air.",
                db_column="second_person",
            ),
        ),
        migrations.RenameField("broadcast", "second_person", "approval"),
    ]
