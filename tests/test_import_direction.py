"""armor_incidents → alerts → destinations, with accounts at the bottom: read from the imports."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("accounts", "destinations", "alerts", "armor_incidents", "sandbox")
MAY_IMPORT = {
    "accounts": {"accounts"},
    "destinations": {"destinations", "accounts"},
    "alerts": {"alerts", "destinations", "accounts"},
    "armor_incidents": {"armor_incidents", "alerts", "destinations", "accounts"},
    "sandbox": {"sandbox"},
}
CONNECTOR_MAY_IMPORT = {
    "destinations.connectors.base",
    "destinations.messages",
    "destinations.errors",
    "destinations.http",
    "destinations.mail",
    "django.forms",
}
# A connector with much to say has a package of its name in destinations/vendors.
VENDOR_MAY_IMPORT = CONNECTOR_MAY_IMPORT - {"destinations.connectors.base", "django.forms"}
BASE_MAY_IMPORT = {
    "destinations.http",
    "destinations.messages",
    "destinations.outbound",
    "django.forms",
    "django.conf",
}


def modules(package: str) -> Iterator[Path]:
    for path in sorted((ROOT / package).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def imports(path: Path) -> set[str]:
    """Every module that a file imports, also inside its functions, as full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from package import module` and `from module import name` look alike.
            found |= {name if is_module(name) else str(node.module) for name in inner}
    return found


def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return name == "django.forms" or path.is_dir() or path.with_suffix(".py").is_file()


def importers(package: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for own in PACKAGES
        for path in modules(own)
        if any(name.partition(".")[0] == package for name in imports(path))
    }


def test_it_finds_imports_at_all() -> None:
    assert "destinations.http" in imports(ROOT / "destinations/connectors/base.py")
    assert "alerts.tasks" in imports(ROOT / "alerts/planning.py")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_those_below_it(package: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if name.partition(".")[0] in {*PACKAGES, "tests"} - MAY_IMPORT[package]
    }
    assert not wrong


def test_a_connector_knows_its_vendor_and_nothing_of_us() -> None:
    for path in modules("destinations/connectors"):
        if path.stem == "__init__":
            continue
        allowed = BASE_MAY_IMPORT if path.stem == "base" else CONNECTOR_MAY_IMPORT
        own = f"destinations.vendors.{path.stem}"
        assert {name for name in foreign(path) if not is_in(name, own)} <= allowed, path


def test_what_belongs_to_a_vendor_is_for_its_connector_alone() -> None:
    for path in modules("destinations/vendors"):
        vendor = ".".join(path.relative_to(ROOT).parts[:3])
        assert {name for name in foreign(path) if not is_in(name, vendor)} <= VENDOR_MAY_IMPORT
    for path in (path for own in PACKAGES for path in modules(own)):
        own = f"destinations.vendors.{path.stem if path.parent.name == 'connectors' else ''}"
        others = {name for name in imports(path) if is_in(name, "destinations.vendors")}
        is_its_own = "vendors" in path.parts
        assert is_its_own or all(is_in(name, own) for name in others), path


def foreign(path: Path) -> set[str]:
    return {name for name in imports(path) if name.partition(".")[0] not in sys.stdlib_module_names}


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_the_sandbox_knows_nothing_of_django() -> None:
    assert not [path for path in importers("django") if path.startswith("sandbox/")]


@pytest.mark.parametrize(
    ("package", "only"),
    [
        # armor_incidents/apps.py takes its pages out of the admin.
        ("django_q", {"alerts/tasks.py", "armor_incidents/apps.py"}),
        ("cryptography", {"destinations/crypto.py"}),
        (
            "requests",
            {
                "destinations/http.py",
                "destinations/deadlines.py",
                "destinations/failures.py",
                "destinations/guard.py",
                "destinations/sessions.py",
            },
        ),
        ("pickle", set()),
    ],
)
def test_what_is_dangerous_or_foreign_comes_in_at_one_place(package: str, only: set[str]) -> None:
    assert importers(package) <= only
