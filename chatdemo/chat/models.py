"""The stored messages of each room, and the names of those who wrote them."""

from django.db import models

from chatdemo.chat.room_names import MAX_ROOM_NAME_LENGTH


class Room(models.Model):
    """A room with a history."""

    name = models.CharField(max_length=MAX_ROOM_NAME_LENGTH, unique=True)
    #: The epoch of the history (message_log.py).
    key = models.CharField(max_length=16)
    #: The greatest ``seq`` of a message that was deleted for its age. No ``seq`` is used again.
    deleted = models.PositiveBigIntegerField(default=0)


class Message(models.Model):
    """A message: the ``seq``-th of its room."""

    pk = models.CompositePrimaryKey("room_id", "seq")
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", db_index=False)
    seq = models.PositiveBigIntegerField()
    #: The sender's key (identity.py). It isn't sent to anybody.
    sender = models.CharField(max_length=40)
    #: The client's own id. A message with the same sender and id is the same message.
    client_id = models.CharField(max_length=64, null=True)
    name = models.CharField(max_length=64)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                # In this order, ids that start with the time, as the page's do, are neighbours in
                # the index, whoever the senders are.
                fields=["room", "client_id", "sender"],
                condition=models.Q(client_id__isnull=False),  # others have no entry in the index
                name="chat_said_once",
            )
        ]


class Speaker(models.Model):
    """A person who has sent a message to a room under a name.

    Others with the same name have other numbers there (members.py).
    """

    pk = models.CompositePrimaryKey("room_id", "person", "name")
    room = models.ForeignKey(Room, models.CASCADE, related_name="speakers", db_index=False)
    person = models.CharField(max_length=40)
    #: The name as it is shown, with its number.
    name = models.CharField(max_length=64)
    #: identity.comparison_key of the name without its number.
    alike = models.TextField()
    #: The ``seq`` of one of their latest messages. The row is deleted with it.
    seq = models.PositiveBigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["room", "alike"], name="chat_called_alike")]
