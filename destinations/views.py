from django.http import HttpRequest, HttpResponse


def list_destinations(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


choose_kind = new_destination = edit_destination = pause = list_destinations
