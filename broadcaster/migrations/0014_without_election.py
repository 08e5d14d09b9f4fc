from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("broadcaster", "0013_version_2")]

    operations = [
        migrations.RemoveField(model_name="broadcast", name="election"),
        migrations.AddField(
            model_name="broadcast",
            name="feed",
            field=models.TextField(
                "calls of feeds",
                blank=True,
                default="",
                max_length=8000,
                help_text="What becomes of a feed’s calls: a line for each contest or race, such "
                "as “senate: propose”, “senate/OH: off” or “president: direct”. Otherwise a "
                "direct token’s calls go on air, and all others into the rundown.",
            ),
            preserve_default=False,
        ),
    ]
