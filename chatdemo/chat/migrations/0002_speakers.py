import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="message", name="chat_said_once"),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("client_id__isnull", False)),
                fields=("room", "client_id", "sender"),
                name="chat_said_once",
            ),
        ),
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
                ("seq", models.PositiveBigIntegerField()),
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
