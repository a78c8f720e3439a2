from django.http import HttpRequest, HttpResponse


def list_rules(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


new_rule = edit_rule = delete_rule = list_rules
