import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Speaker",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "room_id", "person", "name", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=64)),
                ("alike", models.TextField()),
                (
                    "room",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="speakers",
                        to="chat.room",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["room", "alike"], name="chat_called_alike")]},
        ),
    ]
