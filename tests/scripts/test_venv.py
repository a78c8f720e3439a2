"""script/venv tells in a sentence what the machine lacks."""

import shutil
import subprocess
from pathlib import Path

from armor_incidents.supervisor import ROOT

NEEDED = ("bash", "env", "dirname", "cmp", "cp")


def machine_without_python(tmp_path: Path) -> dict[str, str]:
    for name in NEEDED:
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    return {"PATH": str(tmp_path)}


def test_a_machine_without_python_is_told_which_one_to_install(tmp_path: Path) -> None:
    script = tmp_path / "clone" / "script" / "venv"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "script" / "venv", script)
    done = subprocess.run(
        [script, "requirements.txt"],
        env=machine_without_python(tmp_path),
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Armor Incidents needs Python 3.11 or newer")
    assert len(done.stderr.splitlines()) == 1
