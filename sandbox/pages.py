"""Two pages for people: all incidents, and one of them with buttons to end it."""

from html import escape

from sandbox.incidents import Activity, Incident
from sandbox.service import Service
from sandbox.wire import Response

SHOWN = 200
# What a person can do to an incident in the app, and the category that it leads to.
BUTTONS = (
    ("Close", "closed"),
    ("Decline", "declined"),
    ("Merge", "merged"),
    ("Cancel", "canceled"),
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'",
}


def home(service: Service) -> Response:
    found = service.workspace.incidents()
    newest = found[: -SHOWN - 1 : -1]
    rows = "".join(_row(incident, service) for incident in newest)
    body = f"{_summary(found, len(newest))}{_table(rows) if rows else _nothing()}"
    return _page("Incidents", f"<h1>Incidents</h1>{body}")


def _summary(found: list[Incident], shown: int) -> str:
    still_open = sum(incident.is_open for incident in found)
    newest = f", the newest {shown} are listed" if shown < len(found) else ""
    return f"<p>{len(found)} in all, {still_open} open{newest}.</p>"


def _nothing() -> str:
    return "<p>An incident appears here when one is created through the API.</p>"


def _table(rows: str) -> str:
    titles = ("Reference", "Name", "Status", "Mode", "Opened", "Requests")
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return f"<div><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _row(incident: Incident, service: Service) -> str:
    requests = service.journal.requests_with_key(incident.idempotency_key)
    link = f'<a href="/incidents/{incident.number}">{incident.reference}</a>'
    cells = (link, _name(incident), _badge(incident), incident.mode, _time(incident.created_at))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in (*cells, requests)) + "</tr>"


def incident(service: Service, found: Incident) -> Response:
    severity = escape(found.severity["name"]) if found.severity else "none"
    requests = service.journal.requests_with_key(found.idempotency_key)
    facts = {
        "Status": _badge(found),
        "Severity": severity,
        "Type": escape(found.type["name"]),
        "Mode": found.mode,
        "Visibility": found.visibility,
        "Idempotency key": f"<code>{escape(found.idempotency_key)}</code>",
        "Requests": f"{requests} with this key",
    }
    for entry in found.custom_field_entries:
        said = "; ".join(text for value in entry["values"] for text in value.values())
        facts[escape(entry["custom_field"]["name"])] = escape(said)
    listed = "".join(f"<dt>{term}</dt><dd>{fact}</dd>" for term, fact in facts.items())
    activity = "".join(_activity(entry) for entry in found.activity)
    body = (
        f'<p><a href="/">All incidents</a></p><h1>{found.reference} {_name(found)}</h1>'
        f"<dl>{listed}</dl>{_buttons(found)}<h2>Summary</h2>"
        f"<pre>{escape(found.summary) or 'No summary.'}</pre><h2>Activity</h2><ol>{activity}</ol>"
    )
    return _page(f"{found.reference} {found.name}", body)


def _buttons(found: Incident) -> str:
    """Offered while it is open, because people cannot end what has ended."""
    if not found.is_open:
        return ""
    buttons = "".join(
        f'<button name="category" value="{category}">{label}</button>'
        for label, category in BUTTONS
    )
    action = f"/_sandbox/incidents/{found.number}/status"
    return f'<form method="post" action="{action}" aria-label="Act as a person">{buttons}</form>'


def _activity(entry: Activity) -> str:
    return f"<li>{_time(entry.at)} <b>{escape(entry.who)}</b> {escape(entry.what)}</li>"


def _name(found: Incident) -> str:
    return escape(found.name) or "(no name)"


def _badge(found: Incident) -> str:
    name = escape(found.status["name"])
    return f'<span class="badge {found.category}">{name}</span>'


def _time(moment: str) -> str:
    return f'<time datetime="{moment}">{moment[:19].replace("T", " ")} UTC</time>'


def _page(title: str, body: str) -> Response:
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · incident.io sandbox</title>"
        '<link rel="stylesheet" href="/_sandbox/style.css"></head>'
        "<body><header>incident.io sandbox: a stand-in, nothing here is real</header>"
        f"<main>{body}</main></body></html>"
    )
    return Response(200, document.encode(), _HEADERS)
