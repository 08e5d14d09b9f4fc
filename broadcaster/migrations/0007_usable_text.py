from django.db import migrations, models

import broadcaster.models


class Migration(migrations.Migration):
    dependencies = [("broadcaster", "0006_publication_via")]

    operations = [
        migrations.AlterField(
            model_name="broadcast",
            name="title",
            field=models.CharField(
                max_length=120, validators=[broadcaster.models.broadcast.validate_text]
            ),
        ),
        migrations.AlterField(
            model_name="broadcast",
            name="source",
            field=models.CharField(
                blank=True,
                help_text="Shown to viewers, such as “AP”.",
                max_length=60,
                validators=[broadcaster.models.broadcast.validate_text],
                verbose_name="source of calls",
            ),
        ),
    ]
