from tests.api.client import Api


def test_the_document_describes_every_route(api: Api) -> None:
    document = Api("").get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert set(document["paths"]) >= {
        "/api/v1/events",
        "/api/v1/events/batch",
        "/api/v1/alerts/{alert_id}",
        "/api/v1/alerts/{alert_id}/deliveries",
        "/api/v1/deliveries/{delivery_id}/retries",
    }


def test_every_reference_in_it_leads_somewhere(api: Api) -> None:
    document = api.get("/openapi.json").json()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert known >= set(references(document))
    assert "#/components/schemas/Event" in set(references(document["paths"]))


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in references(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in references(value)]
    return []
