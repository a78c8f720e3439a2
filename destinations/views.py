"""Pages of destinations. Whoever is logged in may read them; to change one needs a permission."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.middleware import HtmxDetails

from destinations import connectors, testing
from destinations.forms import DestinationForm, destination_form
from destinations.guides import guide_to
from destinations.health import health, problem
from destinations.models import ALERT_CONFIGURATION, Destination

LIST_LIMIT = 200
OTHER_ACCOUNT = (
    "If the new {} is of another account or service, what is open in the former one stays open"
    " there: close it by hand."
)


class Request(HttpRequest):
    """A request behind the login, as the middleware has completed it."""

    user: User
    htmx: HtmxDetails


configures = permission_required(ALERT_CONFIGURATION, raise_exception=True)


@require_GET
def list_destinations(request: Request) -> HttpResponse:
    """All destinations, each with how it is doing."""
    alive = Destination.objects.alive().annotate(rule_count=Count("rules"))
    rows = [
        {"destination": d, "health": health(d), "problem": problem(d)}
        for d in alive[: LIST_LIMIT + 1]
    ]
    context = {"rows": rows[:LIST_LIMIT], "is_cut": len(rows) > LIST_LIMIT, "limit": LIST_LIMIT}
    return render(request, "destinations/list.html", context)


@require_GET
@configures
def choose_kind(request: Request) -> HttpResponse:
    """The first step of a new destination."""
    kinds = connectors.registry.values()
    return render(request, "destinations/choose_kind.html", {"kinds": kinds})


@require_GET
def guide(request: Request, kind: str) -> HttpResponse:
    """How a kind is set up and what it sends, out of the connector itself."""
    if kind not in connectors.registry:
        raise Http404
    return render(request, "destinations/guide.html", {"guide": guide_to(kind)})


@require_http_methods(["GET", "POST"])
@configures
def new_destination(request: Request, kind: str) -> HttpResponse:
    """The form of a new destination."""
    if kind not in connectors.registry:
        raise Http404
    return _form_page(request, Destination(kind=kind))


@require_http_methods(["GET", "POST"])
def edit_destination(request: Request, pk: str) -> HttpResponse:
    """One destination: its form, or its facts for those who may only read."""
    destination = get_object_or_404(Destination.objects.alive(), pk=pk)
    if request.user.has_perm(ALERT_CONFIGURATION):
        return _form_page(request, destination)
    if request.method == "POST":
        raise PermissionDenied
    return _page(request, "destinations/facts.html", destination_form(destination, request.user))


@require_POST
@configures
def pause(request: Request, pk: str) -> HttpResponse:
    """Pauses the destination, or lets it go on."""
    destination = get_object_or_404(Destination.objects.alive(), pk=pk)
    destination.is_active = not destination.is_active
    if destination.is_active:
        destination.set_right()  # whoever resumes it has looked at what paused it
    attention = ["attention", "attention_at", "secrets_changed_at"]
    destination.save(update_fields=["is_active", "updated_at", *attention])
    done = "works again" if destination.is_active else "is paused; what is due for it waits"
    messages.success(request, f"{destination.name} {done}.")
    return redirect("destination", pk=destination.pk)


def _form_page(request: Request, destination: Destination) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = destination_form(destination, request.user, data)
    if data is None:
        return _page(request, "destinations/form.html", form)
    if data.get("action") == "test":
        return _test(request, form)
    if data.get("action") == "look":
        return _answer(request, form, testing.look(form))
    warnings = testing.check(form)
    if form.is_valid() and form.save():
        return _saved(request, form, warnings)
    return _page(request, "destinations/form.html", form)


def _test(request: Request, form: DestinationForm) -> HttpResponse:
    report = testing.run(form, testing.new_test_id(request.POST.get("test_id", "")))
    if report.is_success and form.is_as_stored():
        form.destination.verified()
    return _answer(request, form, report)


def _answer(request: Request, form: DestinationForm, report: testing.Report) -> HttpResponse:
    template = "_test_answer.html" if request.htmx else "form.html"
    return _page(request, f"destinations/{template}", form, report=report)


def _saved(request: Request, form: DestinationForm, warnings: list[str]) -> HttpResponse:
    name = form.destination.name
    messages.success(request, f"{name} was {'created' if form.is_new else 'saved'}.")
    if form.replaced and form.destination.connector_class.is_lasting:
        warnings = [*warnings, OTHER_ACCOUNT.format(" and ".join(form.replaced))]
    for warning in (*form.warnings(), *warnings):
        messages.warning(request, warning)
    return redirect("destinations")


def _page(
    request: Request,
    template: str,
    form: DestinationForm,
    report: testing.Report | None = None,
) -> HttpResponse:
    form.keep(page_stays=bool(request.htmx))
    context = {
        "form": form,
        "destination": form.destination,
        "connector": form.destination.connector_class,
        "health": None if form.is_new else health(form.destination),
        "problem": problem(form.destination),
        "report": report,
        "test_id": report.test_id if report else testing.new_test_id(),
    }
    return render(request, template, context)
