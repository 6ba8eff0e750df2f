"""What `make dist` makes: the Debian package, installed in a Debian, and the tarball."""

from __future__ import annotations

import pathlib
import re
import tarfile

import pytest

from support.project import BUILD, NAME, PROGRAM, SOURCE, run, version
from support.root import debian, inside
from support.tools import tool

MIGRATIONS = sorted(file.name for file in (SOURCE / "migrations").glob("*.sql"))


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("dist")
    made = run(SOURCE / "scripts/dist.sh", "--build", BUILD, "--out", folder, env={"HELM": tool("helm")})
    print(made.stderr)
    return folder


@pytest.fixture(scope="module")
def package(dist) -> pathlib.Path:
    (found,) = dist.glob("*.deb")
    print(f"{found.name}: {found.stat().st_size / 1e6:.2f} MB")
    return found


def contents(package: pathlib.Path) -> dict[str, str]:
    """Path -> mode and owner of what the package installs."""
    listed = {}
    for line in run("dpkg-deb", "--contents", package).stdout.splitlines():
        mode, owner, _, _, _, path = line.split(maxsplit=5)
        listed[path.removeprefix(".").split(" -> ")[0]] = f"{mode} {owner}"
    return listed


def field(package: pathlib.Path, name: str) -> str:
    return run("dpkg-deb", "--field", package, name).stdout.strip()


def test_the_package_says_what_it_is(package):
    assert field(package, "Package") == NAME
    assert field(package, "Version") == f"{version()}-1"
    assert package.name == f"{NAME}_{version()}-1_{field(package, 'Architecture')}.deb"
    assert field(package, "Section") == "net"
    assert "exactly once" in field(package, "Description")
    assert "<" in field(package, "Maintainer")


def test_its_dependencies_are_the_libraries_that_the_program_names(package):
    depends = field(package, "Depends")
    libraries = ("libc6 (>=", "librdkafka1 (>=", "libpq5", "libpqxx-6.4", "libyaml-cpp0.7", "libsimdjson14",
                 "libprotobuf32")
    for library in libraries:
        assert library in depends, depends
    assert "-dev" not in depends


def test_everything_is_where_it_belongs(package):
    listed = contents(package)
    expected = {
        f"/usr/bin/{NAME}": "-rwxr-xr-x root/root",
        f"/usr/share/{NAME}/topic_mappings.yml": "-rw-r--r-- root/root",
        f"/lib/systemd/system/{NAME}.service": "-rw-r--r-- root/root",
        f"/etc/{NAME}/environment": "-rw-r--r-- root/root",
        f"/usr/share/doc/{NAME}/copyright": "-rw-r--r-- root/root",
        f"/usr/share/doc/{NAME}/changelog.gz": "-rw-r--r-- root/root",
        f"/usr/share/doc/{NAME}/README.md": "-rw-r--r-- root/root",
        f"/usr/share/doc/{NAME}/docs/operations.md": "-rw-r--r-- root/root",
        **{f"/usr/share/{NAME}/migrations/{name}": "-rw-r--r-- root/root" for name in MIGRATIONS},
    }
    assert {path: listed.get(path) for path in expected} == expected


def test_nothing_else_is_in_it_and_nothing_is_writable_by_others(package):
    folders = (f"/usr/bin/{NAME}", f"/usr/share/{NAME}/", f"/usr/share/doc/{NAME}/", f"/etc/{NAME}/",
               f"/lib/systemd/system/{NAME}.service")
    for path, mode in contents(package).items():
        if path.endswith("/"):
            assert mode == "drwxr-xr-x root/root", path
        else:
            assert path.startswith(folders), path
            assert mode[5] == "-" and mode[8] == "-", f"{path}: {mode}"


def test_settings_survive_an_upgrade(package, tmp_path):
    run("dpkg-deb", "--control", package, tmp_path / "control")
    listed = contents(package)
    conffiles = (tmp_path / "control/conffiles").read_text().split()
    assert conffiles == [path for path in listed if path.startswith("/etc/") and not path.endswith("/")]
    for script in ("postinst", "prerm", "postrm"):
        assert (tmp_path / "control" / script).stat().st_mode & 0o777 == 0o755
        run("shellcheck", tmp_path / "control" / script)


def test_it_installs_runs_and_goes_away_in_a_plain_debian(package, tmp_path):
    with debian(tmp_path) as root:
        (root / "tmp" / package.name).write_bytes(package.read_bytes())
        inside(root, "apt-get", "update", "-qq")
        inside(root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", f"/tmp/{package.name}")

        said = inside(root, NAME, "--version", user="65534:65534").stdout
        assert said == run(PROGRAM, "--version").stdout
        mapping = f"/usr/share/{NAME}/topic_mappings.yml"
        inside(root, NAME, "validate", mapping, user="65534:65534")
        assert inside(root, NAME, "healthcheck", ok=False).returncode == 1
        libraries = inside(root, "ldd", f"/usr/bin/{NAME}").stdout
        assert "not found" not in libraries
        assert ".debug_info" not in run("readelf", "--section-headers", root / f"usr/bin/{NAME}").stdout

        settings = root / f"etc/{NAME}/environment"
        settings.write_text(settings.read_text() + "LOOM_KAFKA_BATCH_SIZE=500\n")
        inside(root, "dpkg", "--install", "--force-confold", f"/tmp/{package.name}")
        assert "LOOM_KAFKA_BATCH_SIZE=500" in settings.read_text()

        (root / f"etc/{NAME}/database-url").write_text("postgresql://db/loom\n")
        inside(root, "dpkg", "--purge", NAME)
        found = inside(root, "find", "/", "-xdev", "-name", f"*{NAME}*", "-not", "-path", "/tmp/*").stdout.split()
        left = [path for path in found if not path.startswith(("/var/log/", "/var/cache/"))]
        assert left == [f"/etc/{NAME}"], "only what the administrator put there stays"


@pytest.fixture(scope="module")
def unpacked(dist, tmp_path_factory) -> pathlib.Path:
    (tarball,) = (file for file in dist.glob("*.tar.gz") if file.name.startswith(f"{NAME}-{version()}-linux"))
    print(f"{tarball.name}: {tarball.stat().st_size / 1e6:.2f} MB")
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(tarball) as archive:
        assert all(member.isfile() or member.isdir() for member in archive), "a link would lead nowhere"
        archive.extractall(folder)
    (top,) = folder.iterdir()
    assert top.name == tarball.name.removesuffix(".tar.gz")
    return top


def test_the_tarball_has_all_that_running_it_takes(unpacked):
    assert run(unpacked / f"bin/{NAME}", "--version").stdout == run(PROGRAM, "--version").stdout
    run(unpacked / f"bin/{NAME}", "validate", unpacked / "topic_mappings.yml")
    assert sorted(file.name for file in (unpacked / "migrations").glob("*.sql")) == MIGRATIONS
    for file in ("README.md", "CHANGELOG.md", "LICENSE", "docs/operations.md", "monitoring/alerts.yml",
                 f"deploy/systemd/{NAME}.service", f"helm/{NAME}/Chart.yaml"):
        assert (unpacked / file).is_file(), file


def test_the_chart_in_the_tarball_has_files_where_the_project_has_links(unpacked):
    chart = SOURCE / f"helm/{NAME}"
    links = [path.relative_to(chart) for path in chart.rglob("*") if path.is_symlink()]
    assert links, "the chart shares the project's mapping, alerts and dashboard"
    for link in links:
        packed = unpacked / f"helm/{NAME}" / link
        assert packed.is_file() and not packed.is_symlink()
        assert packed.read_bytes() == (chart / link).read_bytes()


def test_the_sums_are_those_of_the_files(dist):
    checked = run("sha256sum", "--check", "SHA256SUMS", cwd=dist).stdout
    assert len(checked.splitlines()) == len([file for file in dist.iterdir() if file.name != "SHA256SUMS"])


def test_the_changelog_has_the_version_that_is_built():
    assert re.search(rf"^## \[{re.escape(version())}\]", (SOURCE / "CHANGELOG.md").read_text(), re.M)


def test_the_packaged_chart_asks_for_the_image_of_its_tree(dist):
    """The chart in the tree asks for the version alone, which only a release has for its tag."""
    (package,) = dist.glob("*.tgz")
    rendered = run(tool("helm"), "template", NAME, package, "--set", "database.existingSecret.name=url").stdout
    image = run(SOURCE / "scripts/image.sh", "name", env={"REGISTRY": "", "IMAGE": NAME}).stdout.strip()
    images = re.findall(r'^ *(?:- )?image: "?([^"\n]+)', rendered, re.M)
    assert images and set(images) == {image}
