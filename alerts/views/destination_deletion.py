from django.http import HttpRequest, HttpResponse


def delete_destination(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")
