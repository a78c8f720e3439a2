from django.http import HttpRequest, HttpResponse


def list_deliveries(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


show_delivery = retry = list_deliveries
