from django.http import HttpRequest, HttpResponse


def list_alerts(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


show_alert = acknowledge = snooze = resolve = dismiss = list_alerts
