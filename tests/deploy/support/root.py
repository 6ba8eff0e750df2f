"""A Debian 12 to install into: the base image's root file system in a folder, with a network."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

from support.project import SOURCE, cache, run

HELPERS = f". {SOURCE}/scripts/lib/common.sh; . {SOURCE}/scripts/lib/base_image.sh"


def base_tarball() -> pathlib.Path:
    """Made when it is not there yet, which takes a minute."""
    return pathlib.Path(run("bash", "-euc", f'{HELPERS}; base_tarball "$1"', "-", cache()).stdout.strip())


@contextlib.contextmanager
def debian(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """The unpacked base, whose apt reaches what this machine's apt reaches."""
    root = folder / "root"
    root.mkdir()
    try:
        run("tar", "-xf", base_tarball(), "-C", root)
        (root / "etc/apt/sources.list").unlink()
        run("bash", "-euc", f'{HELPERS}; host_apt_settings "$1"', "-", root / "etc/apt")
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        shutil.copy("/etc/hosts", root / "etc/hosts")
        with devices(root):
            yield root
    finally:
        remove(root)


@contextlib.contextmanager
def devices(root: pathlib.Path) -> Iterator[None]:
    """What programs cannot do without, for as long as they run in there."""
    mounted = []

    def mount(place: pathlib.Path, *how: str) -> None:
        run("mount", *how, place)
        mounted.append(place)

    try:
        for name in ("null", "urandom"):
            (root / "dev" / name).touch()
            mount(root / "dev" / name, "--bind", f"/dev/{name}")
        (root / "proc").mkdir(exist_ok=True)
        mount(root / "proc", "-t", "proc", "proc")
        yield
    finally:
        for place in reversed(mounted):
            run("umount", place)


def remove(folder: pathlib.Path) -> None:
    """Never follows what may still be mounted in there."""
    run("rm", "-rf", "--one-file-system", folder, ok=False)


def inside(root: pathlib.Path, *command: str, user: str = "0:0", ok: bool = True,
           env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs it in the root file system, with nothing of our own environment."""
    clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", **(env or {})}
    words = [f"{name}={value}" for name, value in clean.items()]
    return run("env", "-i", *words, "chroot", f"--userspec={user}", root, *command, ok=ok)
