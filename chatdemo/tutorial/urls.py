"""The addresses of the course, below /learn/."""

from django.urls import path

from chatdemo.tutorial import views

urlpatterns = [
    path("", views.learn, name="learn"),
    path("<slug:name>/", views.lesson, name="lesson"),
]
