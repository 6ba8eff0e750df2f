"""`pip install ./clients/python` and `npm install ./clients/typescript` where there is nothing yet, from copies without
anything that was built."""

from __future__ import annotations

import json
import pathlib
import tarfile

from support.environments import NodeEnvironment, copy_of, empty_node, empty_python, typescript_package

PYTHON_NAMES = {
    "BaseKafkaConsumer",
    "ConsumerConfig",
    "KafkaConsumerConfigLoader",
    "LagRecord",
    "Recommendation",
    "TryLater",
    "create_optimized_consumer",
    "default_config",
    "translate",
}
OLDER_PLACE = {"KafkaConsumerConfigLoader", "create_optimized_consumer"}
TYPESCRIPT_NAMES = {
    "BaseKafkaConsumer",
    "KafkaConsumerConfigLoader",
    "TryLater",
    "createOptimizedConsumer",
    "defaultConfig",
    "translate",
}


def test_pip_installs_the_package(tmp_path: pathlib.Path) -> None:
    copy_of("clients/python", tmp_path)
    environment = empty_python(tmp_path / "environment")
    environment.install("./clients/python", cwd=tmp_path)
    environment.run("-m", "pip", "check")
    # What one gets without asking for more: no tool of the tests came along.
    installed = {
        one["name"].lower() for one in json.loads(environment.run("-m", "pip", "list", "--format", "json").stdout)
    }
    assert {"aiokafka", "asyncpg", "loom-common", "psutil"} <= installed
    assert not {"mypy", "pytest", "ruff"} & installed

    def names_of(module: str) -> set[str]:
        """All that `import *` gives: each name of __all__ has to be there for that."""
        program = (
            f"from {module} import *; import json; print(json.dumps([n for n in dir() if n[0] != '_' and n != 'json']))"
        )
        return set(json.loads(environment.run("-W", "error", "-c", program, cwd=tmp_path).stdout))

    assert PYTHON_NAMES <= names_of("loom_common.kafka")
    assert OLDER_PLACE <= names_of("loom_common.kafka_utils.consumer_config_loader")
    same = "import loom_common.kafka as a, loom_common.kafka_utils.consumer_config_loader as b; "
    environment.run("-c", same + "assert a.KafkaConsumerConfigLoader is b.KafkaConsumerConfigLoader")
    files = environment.run("-m", "pip", "show", "-f", "loom-common").stdout
    assert "loom_common/py.typed" in files and "tests/" not in files


def names_by_import(environment: NodeEnvironment) -> set[str]:
    program = "import * as all from '@loom/kafka'; console.log(JSON.stringify(Object.keys(all)))"
    return set(json.loads(environment.run("--input-type=module", "-e", program).stdout))


def names_by_require(environment: NodeEnvironment) -> set[str]:
    program = "console.log(JSON.stringify(Object.keys(require('@loom/kafka'))))"
    return set(json.loads(environment.run("--input-type=commonjs", "-e", program).stdout))


def test_npm_installs_the_package(tmp_path: pathlib.Path) -> None:
    copy_of("clients/typescript", tmp_path)
    environment = empty_node(tmp_path)
    environment.install("./clients/typescript")
    assert TYPESCRIPT_NAMES <= names_by_import(environment)
    assert names_by_require(environment) - {"default", "__esModule"} == names_by_import(environment) - {
        "default",
        "module.exports",
    }
    package = tmp_path / "node_modules/@loom/kafka"
    [described] = [json.loads((package / "package.json").read_text())["exports"]["."]]
    for way in ("import", "require"):
        for file in described[way].values():
            assert (package / file).is_file(), f"package.json promises {file}"
    # Nothing that is installed runs a program of its own for that, as a download of a binary would be.
    with_scripts = [
        name
        for name, one in json.loads((tmp_path / "package-lock.json").read_text())["packages"].items()
        if one.get("hasInstallScript") and "clients/typescript" not in name
    ]
    assert with_scripts == []


def test_npm_installs_a_packed_package(tmp_path: pathlib.Path) -> None:
    """As it goes into an image, without the source tree."""
    packed = typescript_package().packed
    environment = empty_node(tmp_path)
    environment.install(packed)
    assert TYPESCRIPT_NAMES <= names_by_import(environment)
    assert TYPESCRIPT_NAMES <= names_by_require(environment)
    with tarfile.open(packed) as archive:
        assert not any("test/" in name for name in archive.getnames())
