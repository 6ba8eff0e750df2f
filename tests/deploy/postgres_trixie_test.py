"""scripts/lib/postgres_trixie.sh: what it says when its small Debian cannot be made, that one that is there is taken as it is, and that
what it makes of the tree leads nowhere else. Making one takes a minute, root and a mirror: LOOM_POSTGRES_VERSION=17-trixie does it."""

from __future__ import annotations

import pathlib
import subprocess

from support.tools import ROOT

BIN = "usr/lib/postgresql/17/bin"


def _run(cache: pathlib.Path, script: str, version: str = "17-trixie", **programs: str) -> tuple[int, str]:
    """Exit status and output, with these programs (shell text) before the machine's own."""
    folder = cache / "programs"
    folder.mkdir(exist_ok=True)
    for name, text in programs.items():
        (folder / name.replace("_", "-")).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name.replace("_", "-")).chmod(0o755)
    sourced = f". {ROOT}/scripts/lib/common.sh; . {ROOT}/scripts/lib/postgres.sh; {script}"
    environment = {"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin", "LOOM_CACHE": str(cache), "LOOM_POSTGRES_VERSION": version}
    done = subprocess.run(
        ["/bin/bash", "-c", sourced], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=environment, timeout=60
    )
    return done.returncode, done.stdout


# Asked with `if`, as servers.sh asks: an error must not end in another server.
CHOOSE = 'if (postgres_choose; echo "took ${LOOM_POSTGRES_BIN:-}"); then exit 0; else exit 7; fi'


def test_one_that_is_there_is_taken(tmp_path: pathlib.Path) -> None:
    (tmp_path / "trixie-postgres").mkdir()
    assert _run(tmp_path, CHOOSE, debootstrap="exit 1", wget="exit 1") == (0, f"took {tmp_path}/trixie-postgres/{BIN}\n")


def test_debian_13_has_one_release(tmp_path: pathlib.Path) -> None:
    status, told = _run(tmp_path, CHOOSE, version="18-trixie")
    assert status == 7 and "LOOM_POSTGRES_VERSION=17-trixie" in told and "took" not in told


def test_a_missing_debootstrap_names_what_installs_it(tmp_path: pathlib.Path) -> None:
    hidden = 'command() { [[ "$*" != "-v debootstrap" ]] && builtin command "$@"; }; '
    status, told = _run(tmp_path, hidden + CHOOSE)
    assert status == 7 and "scripts/install-packages.sh --with databases" in told and "took" not in told


def test_a_mirror_out_of_reach_is_said_without_its_password(tmp_path: pathlib.Path) -> None:
    reach = "trixie_reach http://somebody:secret@127.0.0.1:9/debian"
    status, told = _run(tmp_path, reach)
    assert status == 1 and "127.0.0.1:9/debian" in told and "cannot be reached" in told and "secret" not in told


def test_the_mirror_is_the_one_that_apt_has_releases_from(tmp_path: pathlib.Path) -> None:
    lines = "bookworm-security http://a/security\\nbookworm-updates http://a/debian\\nbookworm http://b/debian\\n"
    assert _run(tmp_path, "trixie_mirror", apt_get=f"printf '{lines}'") == (0, "http://b/debian\n")
    status, told = _run(tmp_path, "trixie_mirror", apt_get="exit 0")
    assert status == 1 and "apt-get update" in told


def test_its_links_stay_inside(tmp_path: pathlib.Path) -> None:
    tree = tmp_path / "tree"
    for folder in ("etc/alternatives", "usr/lib/here/blas", "usr/share/postgresql"):
        (tree / folder).mkdir(parents=True)
    (tree / "usr/lib/here/blas/libblas.so.3").write_text("of the tree")
    (tree / "etc/alternatives/blas").symlink_to("/usr/lib/here/blas/libblas.so.3")
    (tree / "usr/lib/here/libblas.so.3").symlink_to("/etc/alternatives/blas")
    assert _run(tmp_path, f"trixie_links {tree}") == (0, "")
    assert (tree / "usr/lib/here/libblas.so.3").read_text() == "of the tree"


def test_a_program_is_started_through_the_trees_loader(tmp_path: pathlib.Path) -> None:
    tree = tmp_path / "a tree"
    (tree / BIN).mkdir(parents=True)
    (tree / BIN / "postgres").write_bytes(b"\x7fELF")
    (tree / BIN / "a.py").write_text("print()")
    loader = tree / "usr/lib/any-linux-gnu/ld-linux-any.so.2"
    loader.parent.mkdir()
    loader.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    loader.chmod(0o755)
    assert _run(tmp_path, f'trixie_programs "{tree}"') == (0, "")
    assert (tree / BIN / "a.py").read_text() == "print()"
    told = subprocess.run([f"./{BIN}/postgres", "-D", "a folder"], cwd=tree, capture_output=True, text=True, check=True).stdout
    root, libraries = f"{tree}/.", f"{tree}/./usr/lib/any-linux-gnu:{tree}/./usr/lib"
    assert told.splitlines() == [
        "--argv0", f"{root}/{BIN}/postgres", "--library-path", libraries,
        f"{root}/usr/lib/postgresql/17/programs/postgres", "-D", "a folder",
    ]  # fmt: skip
