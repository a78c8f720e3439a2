"""Pages under /alerts/destinations/. Its deletion concerns deliveries, so alerts/urls.py has it."""

from django.urls import path

from destinations import views

urlpatterns = [
    path("", views.list_destinations, name="destinations"),
    path("new/", views.choose_kind, name="destination-new"),
    path("new/<slug:kind>/", views.new_destination, name="destination-create"),
    path("guides/<slug:kind>/", views.guide, name="destination-guide"),
    path("<uuid:pk>/", views.edit_destination, name="destination"),
    path("<uuid:pk>/pauses/", views.pause, name="destination-pauses"),
]
