"""Runs the commands of docs/first-topic.md, in their order and in one shell, as somebody who follows the page does."""

import os
import pathlib
import re
import subprocess
import time

SOURCE = pathlib.Path(os.environ["LOOM_SOURCE"])
PROGRAM = pathlib.Path(os.environ["LOOM_PROGRAM"])
PAGE = (SOURCE / "docs/first-topic.md").read_text(encoding="utf-8")


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def _root(folder: pathlib.Path) -> pathlib.Path:
    """A clone as the page has it: with the program in build/release."""
    release = folder / "build/release"
    release.mkdir(parents=True)
    (release / PROGRAM.name).symlink_to(PROGRAM)
    for name in ("scripts", "docs", "cmake"):
        (folder / name).symlink_to(SOURCE / name)
    return folder


def test_the_pages_commands_do_what_it_says(tmp_path: pathlib.Path) -> None:
    steps = _blocks("sh")
    assert len(steps) >= 8
    # Each step says where it begins and ends, so that a failure names it; the servers go with the shell.
    script = "set -euo pipefail\n" + "".join(
        f"echo '@@ step {number}'\n{step}\n" for number, step in enumerate(steps, 1)
    )
    kept = ("LOOM_CACHE", "LOOM_KAFKA_HOME", "LOOM_KAFKA_VERSION", "LOOM_POSTGRES_VERSION")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOOM_") or name in kept}
    begin = time.monotonic()
    done = subprocess.run(
        ["bash", "-c", script + "echo '@@ end'\n"],
        cwd=_root(tmp_path),
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    said = f"{done.stdout}\n--- stderr\n{done.stderr}"
    print(f"{time.monotonic() - begin:.0f} s")
    assert done.returncode == 0, said
    assert "@@ end" in done.stdout, said
    assert _blocks("text")[0].strip() in done.stdout, said
    assert "3 good with 6 rows, 0 bad" in done.stderr, said
    rows = re.findall(r"^\s*(\d+) \| (\w+)\s*\|\s*([\d.]+) \|\s*(\d+)$", done.stdout, re.MULTILINE)
    assert rows == [("1", "Ann", "59.90", "2"), ("2", "Bo", "5.00", "1"), ("3", "Cy", "0.00", "0")], said
    assert 'column "total", source "total": "a lot" cannot become numeric(12,2)' in done.stdout, said
    assert re.search(r"^\s*4 \| Di\s*\|", done.stdout, re.MULTILINE), said


def test_the_draft_of_the_pages_messages_is_a_mapping(tmp_path: pathlib.Path) -> None:
    messages = re.search(r"^\{.*?(?=^END)", PAGE, re.MULTILINE | re.DOTALL)
    assert messages
    draft = subprocess.run(
        [PROGRAM, "infer", "--topic", "shop.orders"], input=messages[0], capture_output=True, text=True, check=True
    )
    mapping = tmp_path / "draft.yml"
    mapping.write_text(draft.stdout, encoding="utf-8")
    checked = subprocess.run([PROGRAM, "validate", mapping, "--strict"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, draft.stdout + checked.stderr
    tried = subprocess.run([PROGRAM, "try", mapping], input=messages[0], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "3 good with 6 rows, 0 bad" in tried.stderr
