import django.utils.timezone
from django.db import migrations, models

CHOICES = [
    ("never", "never"),
    ("calls", "for every call"),
    ("wins", "when a call decides the contest"),
]


class Migration(migrations.Migration):
    dependencies = [("broadcaster", "0011_approval")]

    operations = [
        migrations.CreateModel(
            name="ContestEdition",
            fields=[
                ("digest", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("contest", models.JSONField()),
                ("geometry", models.JSONField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"default_permissions": []},
        ),
        migrations.AddField(
            model_name="broadcast",
            name="contests",
            field=models.JSONField(
                default=list,
                editable=False,
                help_text="Key and edition of each contest, in their order. "
                "Frozen by the first update.",
            ),
        ),
        migrations.AlterField(
            model_name="broadcast",
            name="approval",
            field=models.CharField(
                "approval by another person",
                choices=CHOICES,
                db_column="second_person",
                default="wins",
                help_text="When another person must approve a take before it goes on air.",
                max_length=5,
            ),
        ),
        migrations.AlterField(
            model_name="publication",
            name="totals",
            field=models.JSONField(help_text="By contest, after this update."),
        ),
    ]
