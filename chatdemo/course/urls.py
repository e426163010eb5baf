"""The URLs of the course, below /learn/."""

from django.urls import path

from chatdemo.course import views

urlpatterns = [
    path("", views.learn, name="learn"),
    path("console/", views.layer_console, name="layer_console"),
    path("<slug:name>/", views.lesson, name="lesson"),
]
