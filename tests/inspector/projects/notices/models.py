from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import models, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

layer = get_channel_layer()


class Person(models.Model):
    name = models.CharField(max_length=30)
    key = models.CharField(max_length=30, unique=True)


class Notice(models.Model):
    board = models.CharField(max_length=30)
    text = models.TextField()
    by = models.ForeignKey(Person, on_delete=models.CASCADE)

    def as_json(self):
        return {"id": self.pk, "text": self.text, "by": self.by.name}


@receiver(post_save, sender=Notice)
def tell_board(instance, created, **_):
    if created:
        transaction.on_commit(lambda: publish(instance))


def publish(notice):
    event = {"type": "notice.pinned", "notice": notice.as_json()}
    async_to_sync(layer.group_send)(f"board_{notice.board}", event)  # hop: published
