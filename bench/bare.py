"""The bare loop: what sending costs without any of the machinery. It knows no Django."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from bench.cost import Meter


def post_all(
    url: str, key: str, body: dict[str, Any], count: int, threads: int
) -> dict[str, float]:
    """`count` POSTs of the body, each with an idempotency key of its own, one Session a thread."""
    numbers = itertools.count()  # next() on it is atomic
    with Meter() as meter, ThreadPoolExecutor(threads) as pool:
        loops = [pool.submit(_loop, url, key, body, count, numbers) for _ in range(threads)]
        for loop in loops:
            loop.result()
    return meter.per(count)


def _loop(
    url: str, key: str, body: dict[str, Any], count: int, numbers: "itertools.count[int]"
) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {key}"
        while (number := next(numbers)) < count:
            fresh = body | {"idempotency_key": f"bare-{id(numbers)}-{number}"}
            session.post(url, json=fresh, timeout=30).raise_for_status()
