from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from userpool.wire.registry import MODEL_VERSION

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy_of_the_tools(tmp_path: Path) -> Path:
    """The generator and what it wrote, at a place where they may be changed."""
    if botocore.__version__ != MODEL_VERSION:
        pytest.skip(
            f"the wire was generated from botocore {MODEL_VERSION}, and {botocore.__version__} is here"
        )
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "src/userpool/wire", tmp_path / "src/userpool/wire")
    return tmp_path


def test_the_wire_is_what_the_generator_writes(copy_of_the_tools: Path) -> None:
    checked = generate(copy_of_the_tools, "--check")

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_a_changed_a_missing_and_a_left_over_file_are_named_and_mended(copy_of_the_tools: Path) -> None:
    wire = copy_of_the_tools / "src/userpool/wire"
    (wire / "sign_up.py").write_text((wire / "sign_up.py").read_text() + "\n# By hand.\n")
    (wire / "old.py").write_text((wire / "tags.py").read_text())
    (wire / "tags.py").unlink()

    checked = generate(copy_of_the_tools, "--check")

    assert checked.returncode == 1
    assert [line.split()[0] for line in checked.stdout.splitlines()] == [
        f"src/userpool/wire/{name}.py" for name in ("old", "sign_up", "tags")
    ]
    assert generate(copy_of_the_tools).returncode == 0
    assert generate(copy_of_the_tools, "--check").returncode == 0


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"SignUp", ', "", "SignUp is placed in no capability"),
        ('"SignUp", ', '"SignUp", "SignIn", ', "SignIn is not an operation of cognito-idp"),
        ('"SignUp", ', '"SignUp", "InitiateAuth", ', "InitiateAuth is placed more than once"),
        ('"PreSignedUrlType"', '"NoSuchType"', "names shapes that no model has: NoSuchType"),
    ],
)
def test_a_table_that_does_not_fit_the_model_is_refused(
    copy_of_the_tools: Path, before: str, after: str, message: str
) -> None:
    table = copy_of_the_tools / "tools/wire_capabilities.py"
    table.write_text(table.read_text().replace(before, after, 1))

    refused = generate(copy_of_the_tools)

    assert refused.returncode == 1
    assert message in refused.stderr


def test_a_file_written_by_hand_is_never_overwritten(copy_of_the_tools: Path) -> None:
    by_hand = copy_of_the_tools / "src/userpool/wire/sign_up.py"
    by_hand.write_text('"""Mine."""\n')

    refused = generate(copy_of_the_tools)

    assert refused.returncode == 1
    assert "sign_up.py" in refused.stderr
    assert by_hand.read_text() == '"""Mine."""\n'


def generate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the generator of that folder."""
    command = [sys.executable, str(folder / "tools/generate_wire.py"), *arguments]
    return subprocess.run(command, capture_output=True, check=False, text=True)
