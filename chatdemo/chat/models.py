"""What was said, kept: a room's messages in their order."""

from django.db import models

from chatdemo.chat.rooms import MAX_NAME


class Room(models.Model):
    """A room in which something was said."""

    name = models.CharField(max_length=MAX_NAME, unique=True)
    #: Tells this history from another of the same room, before it was forgotten or in another database.
    key = models.CharField(max_length=16)
    #: The greatest ``seq`` of a message that was deleted for its age: none is ever used again.
    deleted = models.PositiveBigIntegerField(default=0)


class Message(models.Model):
    """What a participant said in a room, as its ``seq``-th message."""

    pk = models.CompositePrimaryKey("room_id", "seq")
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", db_index=False)
    seq = models.PositiveBigIntegerField()
    #: Who said it: chat.people.Person.key. Nobody is told.
    sender = models.CharField(max_length=40)
    #: The client's own id for it. What has the same one again is the same message.
    client_id = models.CharField(max_length=64, null=True)
    name = models.CharField(max_length=64)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                # Ids that begin with the time, as the page's do, are beside each other here, whoever the senders are.
                fields=["room", "client_id", "sender"],
                condition=models.Q(client_id__isnull=False),  # others have no place in its index
                name="chat_said_once",
            )
        ]


class Speaker(models.Model):
    """Somebody who has said something in a room, under one name: others of that name have other numbers there."""

    pk = models.CompositePrimaryKey("room_id", "person", "name")
    room = models.ForeignKey(Room, models.CASCADE, related_name="speakers", db_index=False)
    person = models.CharField(max_length=40)
    #: As it is shown, with its number.
    name = models.CharField(max_length=64)
    #: chat.names.alike of the name without its number.
    alike = models.TextField()
    #: One of their last messages: it goes with that.
    seq = models.PositiveBigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["room", "alike"], name="chat_called_alike")]
