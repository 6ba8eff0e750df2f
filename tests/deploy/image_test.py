"""The image, built for real by buildah, and its binary run from its root file system."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from support.kafka_image import free_port
from support.project import BUILD, NAME, SOURCE, cache, run, version
from support.root import devices, inside, remove

TAG = "under-test"
USER = "10001:10001"
LARGEST = 120_000_000
REPORT = BUILD / "image-report.txt"
REVISION = run("git", "-C", SOURCE, "rev-parse", "--short", "HEAD", ok=False).stdout.strip()


@dataclass
class Image:
    config: dict[str, Any]
    layers: int  # bytes, uncompressed, as `docker images` says it
    root: pathlib.Path

    def inside(self, *command: str, **how: Any):
        done = inside(self.root, *command, user=USER, **how)
        report(f"{' '.join(command)}: exit {done.returncode}, {(done.stdout + done.stderr).splitlines()[:1]}")
        return done


def report(line: str) -> None:
    """For who wants to see what was measured and run, also of a good run."""
    print(line)
    with open(REPORT, "a", encoding="utf-8") as file:
        file.write(line + "\n")


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Iterator[Image]:
    storage = tmp_path_factory.mktemp("storage")
    # Below TMPDIR buildah keeps the folders of RUN --mount=type=cache, of which ccache's is one.
    kept = cache() / "image-build"
    kept.mkdir(parents=True, exist_ok=True)
    REPORT.unlink(missing_ok=True)
    env = {"BUILDAH_ISOLATION": "chroot", "TMPDIR": str(kept)}

    def step(what: str, *command: object) -> str:
        started = time.monotonic()
        done = run(*command, env=env, timeout=1200)
        report(f"{what}: {time.monotonic() - started:.0f} s")
        return done.stdout

    # Without STORAGE_DRIVER it takes overlay where the kernel has that here, else vfs, which works everywhere and copies.
    driver = os.environ.get("STORAGE_DRIVER")
    buildah = ["buildah", "--root", storage / "root", "--runroot", storage / "run",
               *(["--storage-driver", driver] if driver else [])]
    script = [SOURCE / "scripts/image.sh", "--storage", storage, "--with", "buildah", "--tag", TAG]
    try:
        step("base image", *script, "base")
        built = step("image", *script, "--host-apt", "build")
        for line in built.splitlines():
            if "Hits:" in line or "Misses:" in line:
                report(line)
        name = f"localhost/{NAME}:{TAG}"
        config = json.loads(run(*buildah, "inspect", "--type", "image", name, env=env).stdout)["Docker"]["config"]
        container = run(*buildah, "from", "--pull-never", name, env=env).stdout.strip()
        root = pathlib.Path(run(*buildah, "mount", container, env=env).stdout.strip())
        with devices(root):
            yield Image(config, size_of_layers(storage), root)
    finally:
        run(*buildah, "rm", "--all", env=env, ok=False)
        remove(storage)


def size_of_layers(storage: pathlib.Path) -> int:
    """Of the image alone: what its layers' tarballs hold."""
    (images,) = storage.glob("root/*-images/images.json")
    layers = images.parents[1] / images.parent.name.replace("images", "layers") / "layers.json"
    by_id = {layer["id"]: layer for layer in json.loads(layers.read_text())}
    (top,) = (image["layer"] for image in json.loads(images.read_text())
              if any(f"{NAME}:{TAG}" in name for name in image.get("names", [])))
    total = 0
    while top:
        total += by_id[top]["diff-size"]
        top = by_id[top].get("parent", "")
    return total


def test_it_is_small(image):
    report(f"size of the image: {image.layers / 1e6:.1f} MB")
    assert image.layers < LARGEST
    on_disk = int(run("du", "-sxB1", "--apparent-size", image.root).stdout.split()[0])
    assert on_disk < LARGEST


def test_its_binary_runs_as_a_user_without_rights(image):
    said = image.inside(f"/usr/bin/{NAME}", "--version").stdout.strip()
    assert said.startswith(f"{NAME} {version()}")
    assert not REVISION or f"+{REVISION}" in said


def test_it_validates_the_mapping_that_it_brings(image):
    mapping = dict(entry.split("=", 1) for entry in image.config["Env"])["LOOM_TOPIC_MAPPINGS"]
    assert (image.root / mapping.lstrip("/")).read_bytes() == (SOURCE / "topic_mappings.yml").read_bytes()
    image.inside(f"/usr/bin/{NAME}", "validate", env={"LOOM_TOPIC_MAPPINGS": mapping})


def test_it_starts_with_run_as_nobody_in_particular(image):
    assert image.config["User"] == USER
    assert image.config["Entrypoint"] == [f"/usr/bin/{NAME}"] and image.config["Cmd"] == ["run"]
    assert list(image.config["ExposedPorts"]) == ["8001/tcp"]
    users = (image.root / "etc/passwd").read_text()
    assert "loom:x:10001:10001::/nonexistent:/usr/sbin/nologin" in users


def test_docker_asks_the_binary_for_its_health(image):
    check = image.config["Healthcheck"]
    assert check["Test"] == ["CMD", f"/usr/bin/{NAME}", "healthcheck"]
    assert check["Interval"] > check["Timeout"] > 2e9  # the command itself gives up after two seconds


def test_its_labels_say_what_it_is(image):
    prefix = "org.opencontainers.image."
    labels = {name.removeprefix(prefix): value for name, value in image.config["Labels"].items() if name.startswith(prefix)}
    assert labels["title"] == NAME and labels["version"] == version() and labels["licenses"] == "MIT"
    assert labels["revision"].startswith(REVISION)
    assert "source" not in labels and "url" not in labels


def test_nothing_to_build_with_and_nothing_left_over_is_inside(image):
    for program in ("g++", "gcc", "cc", "make", "cmake", "ninja", "ccache", "git", "python3", "curl"):
        for folder in ("usr/bin", "usr/local/bin"):
            assert not (image.root / folder / program).exists(), program
    assert not list((image.root / "usr/include").glob("**/*.h"))
    assert not list(image.root.glob("usr/lib/**/*.a"))
    assert not (image.root / "src").exists() and not (image.root / "build").exists()
    for folder in ("var/lib/apt/lists", "var/cache/apt/archives"):
        assert not [path for path in (image.root / folder).rglob("*") if path.is_file() and path.name != "lock"], folder
    assert not list((image.root / "tmp").iterdir())
    installed = inside(image.root, "dpkg-query", "-W", "-f", "${Package}\\n").stdout.split()
    assert not [name for name in installed if name.endswith("-dev")]
    assert "librdkafka1" in installed and "ca-certificates" in installed


def test_it_keeps_no_settings_of_the_machine_that_built_it(image):
    assert not list((image.root / "etc/apt").rglob("*host*"))


def test_nobody_without_rights_can_change_anything_in_it(image):
    found = inside(image.root, "find", "/", "-xdev", "-writable", "(", "-type", "f", "-o", "-type", "d", ")",
                         "-not", "-path", "/tmp", "-not", "-path", "/var/tmp", "-not", "-path", "/run/lock",
                         "-not", "-path", "/dev*", "-not", "-path", "/proc*", user=USER, ok=False).stdout
    assert found == ""


def test_every_library_is_there(image):
    assert "not found" not in inside(image.root, "ldd", f"/usr/bin/{NAME}", user=USER).stdout


def test_the_health_check_fails_where_nothing_listens(image):
    failed = image.inside(f"/usr/bin/{NAME}", "healthcheck", env={"LOOM_HTTP_PORT": str(free_port())}, ok=False)
    assert failed.returncode == 1 and "/healthz" in failed.stderr


@contextlib.contextmanager
def database() -> Iterator[str]:
    """A database of this test's own on the server that the tests share."""
    shared = os.environ["LOOM_TEST_DATABASE_URL"]
    name = f"image_{os.getpid()}"
    run("psql", "-qc", f"CREATE DATABASE {name}", shared)
    try:
        yield re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", shared)
    finally:
        run("psql", "-qc", f"DROP DATABASE {name} WITH (FORCE)", shared)


@pytest.mark.skipif("LOOM_TEST_DATABASE_URL" not in os.environ, reason="scripts/test.sh starts the servers")
def test_it_runs_against_real_servers_answers_its_health_check_and_stops_in_time(image, tmp_path):
    with database() as url:
        env = {"LOOM_DATABASE_URL": url, "LOOM_KAFKA_BOOTSTRAP_SERVERS": os.environ["LOOM_TEST_KAFKA_BOOTSTRAP"],
               "LOOM_KAFKA_GROUP_ID": f"image-{os.getpid()}", "LOOM_HTTP_PORT": str(free_port()),
               "LOOM_AUTO_MIGRATE": "true", "LOOM_AUTO_CREATE_TABLES": "true",
               **dict(entry.split("=", 1) for entry in image.config["Env"])}
        words = [f"{name}={value}" for name, value in env.items()]
        with open(tmp_path / "log", "w", encoding="utf-8") as log:
            service = subprocess.Popen(["env", "-i", *words, "chroot", f"--userspec={USER}", image.root,
                                        f"/usr/bin/{NAME}", "run"], stdout=log, stderr=log)
        try:
            for question in ([], ["--ready"]):
                deadline = time.monotonic() + 60
                while (asked := inside(image.root, f"/usr/bin/{NAME}", "healthcheck", *question, user=USER, env=env,
                                       ok=False)).returncode:
                    assert service.poll() is None and time.monotonic() < deadline, \
                        asked.stderr + (tmp_path / "log").read_text()
                    time.sleep(0.1)  # between two questions
                report(f"healthcheck {' '.join(question)} of the running service: {asked.stdout.strip()}")
            service.send_signal(signal.SIGTERM)
            assert service.wait(timeout=10) == 0, (tmp_path / "log").read_text()
        finally:
            service.kill()
            service.wait()
