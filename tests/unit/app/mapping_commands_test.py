"""`validate --strict`, `try`, `infer` and `settings` as a user calls them: what they print, and their exit codes."""

import http.server
import json
import os
import pathlib
import subprocess
import threading

PROGRAM = pathlib.Path(os.environ["LOOM_PROGRAM"])
SOURCE = pathlib.Path(os.environ["LOOM_SOURCE"])
MAPPING = """schema_version: v1
topics:
  orders:
    table: orders
    field_mappings: {id: id, total: total, $key: by, $offset: at}
    data_types: {id: integer, total: 'decimal(12,2)', by: string, at: integer}
    upsert_key: [id]
"""


def _run(
    *arguments: str | pathlib.Path, messages: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments], input=messages, capture_output=True, text=True, check=False, env=env or {}, timeout=60
    )


def _mapping(folder: pathlib.Path, text: str = MAPPING) -> pathlib.Path:
    path = folder / "orders.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_warning_counts_only_when_strict(tmp_path: pathlib.Path) -> None:
    good = _mapping(tmp_path)
    assert _run("validate", good, "--strict").returncode == 0
    misspelled = _mapping(tmp_path, MAPPING + "    confict_strategy: update\n")
    lenient = _run("validate", misspelled)
    assert lenient.returncode == 0
    assert "did you mean `conflict_strategy`?" in lenient.stderr
    strict = _run("validate", misspelled, "--strict")
    assert strict.returncode == 2
    assert "1 warning, which --strict counts" in strict.stderr


def test_try_shows_a_line_for_each_message(tmp_path: pathlib.Path) -> None:
    messages = 'a;{"id":1,"total":12.5}\n\n{"id":2,"total":"much"}\nb;{"id":3}\n'
    done = _run("try", _mapping(tmp_path), "--key-separator", ";", messages=messages)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "1: orders (id=1, total=12.5, by='a', at=0)"
    assert lines[1].startswith("3: conversion_failed: ")
    assert lines[2] == "4: orders (id=3, total=NULL, by='b', at=3)"
    assert "2 good with 2 rows, 1 bad" in done.stderr
    assert _run("try", _mapping(tmp_path), messages='{"id":1}\n').returncode == 0
    as_json = _run("try", _mapping(tmp_path), "--json", messages='{"id":1}\n')
    assert json.loads(as_json.stdout)["rows"][0]["columns"]["id"] == "1"


def test_try_says_what_is_wrong_with_the_call(tmp_path: pathlib.Path) -> None:
    two = _mapping(tmp_path, MAPPING + "  other:\n    table: other\n")
    which = _run("try", two)
    assert which.returncode == 2
    assert "--topic" in which.stderr and "orders, other" in which.stderr
    near = _run("try", two, "--topic", "order")
    assert near.returncode == 2
    assert "did you mean `orders`?" in near.stderr
    pretty = _run("try", _mapping(tmp_path), messages='{\n "id": 1\n}\n')
    assert pretty.returncode == 1
    assert "each message has to stand on one line" in pretty.stderr
    assert _run("try", tmp_path / "missing.yml").returncode == 2


def test_of_a_shared_file_only_the_deployments_own_topics_count(tmp_path: pathlib.Path) -> None:
    shared = _mapping(tmp_path, MAPPING + "  gps:\n    table: gps\n    confict_strategy: update\n  ^logs:\n    table: logs\n")
    ours = {"LOOM_TOPICS": "orders,^logs", "LOOM_TOPICS_EXCLUDE": "logs.debug"}
    checked = _run("validate", shared, "--strict", env=ours)
    assert checked.returncode == 0, checked.stderr
    assert "2 topics of 3, no errors" in checked.stdout
    assert _run("validate", shared, "--strict").returncode == 2
    tables = _run("create-tables", shared, "--print", env=ours).stdout
    assert '"orders"' in tables and '"gps"' not in tables
    theirs = _run("try", shared, "--topic", "gps", env=ours)
    assert theirs.returncode == 2 and "leave the topic gps to another deployment" in theirs.stderr
    assert "logs.debug to another deployment" in _run("try", shared, "--topic", "logs.debug", env=ours).stderr
    sample = _run("produce-sample", "--topic", "gps", "--count", "1", env=ours | {"LOOM_TOPIC_MAPPINGS": str(shared)})
    assert sample.returncode == 2 and "gps to another deployment" in sample.stderr
    unknown = _run("validate", shared, env={"LOOM_TOPICS": "order"})
    assert unknown.returncode == 2 and "did you mean `orders`?" in unknown.stderr
    nothing = _run("validate", shared, env={"LOOM_TOPICS": "orders", "LOOM_TOPICS_EXCLUDE": "^ord"})
    assert nothing.returncode == 2 and "LOOM_TOPICS and LOOM_TOPICS_EXCLUDE leave no topic" in nothing.stderr
    no_pattern = _run("lag", env={"LOOM_TOPICS": "^(", "LOOM_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    assert no_pattern.returncode == 2 and "the pattern `^(`" in no_pattern.stderr


def test_a_configuration_file_may_list_topics(tmp_path: pathlib.Path) -> None:
    shared = _mapping(tmp_path, MAPPING + "  gps:\n    table: gps\n")
    file = tmp_path / "loom.yml"
    file.write_text("loom_topics:\n  - gps\n", encoding="utf-8")
    by_file = _run("create-tables", shared, "--print", "--config", file).stdout
    assert '"gps"' in by_file and '"orders"' not in by_file
    by_environment = _run("create-tables", shared, "--print", "--config", file, env={"LOOM_TOPICS": "orders"}).stdout
    assert '"orders"' in by_environment and '"gps"' not in by_environment


def test_a_topic_of_a_pattern_has_its_own_table(tmp_path: pathlib.Path) -> None:
    text = MAPPING.replace("  orders:", '  "^shop[.]":').replace("table: orders", 'table: "t_${topic}"')
    done = _run("try", _mapping(tmp_path, text), "--topic", "shop.a", messages='{"id":1}\n')
    assert done.returncode == 0, done.stderr
    assert 't_shop.a' in done.stdout
    by_header = _mapping(tmp_path, MAPPING.replace("table: orders", 'table: "t_${headers.kind}"'))
    named = _run("try", by_header, "--header", "kind=new", messages='{"id":1}\n{"id":2}\n')
    assert named.returncode == 0, named.stderr
    assert named.stdout.count("t_new (") == 2
    unnamed = _run("try", by_header, messages='{"id":1}\n')
    assert unnamed.returncode == 1
    assert 'header "kind", which names its table, is missing' in unnamed.stdout


def test_names_that_postgresql_or_the_service_has_are_refused(tmp_path: pathlib.Path) -> None:
    for table in ("kafka_dead_letters", "public.schema_migrations", "'\"consumer_lag_history\"'"):
        mapping = _mapping(tmp_path, MAPPING.replace("table: orders", f"table: {table}"))
        for command in (["validate", mapping], ["create-tables", mapping, "--print"]):
            own = _run(*command)
            assert own.returncode == 2, command
            assert "is a table of the service itself" in own.stderr
    elsewhere = _mapping(tmp_path, MAPPING.replace("table: orders", "table: archive.kafka_dead_letters"))
    assert _run("validate", elsewhere).returncode == 0
    system = _run("validate", _mapping(tmp_path, MAPPING.replace("total: total,", "total: xmin,")))
    assert system.returncode == 2
    assert "the column `xmin` cannot be" in system.stderr
    draft = _run("infer", "--topic", "t", messages='{"id":1,"xmin":5}\n').stdout
    assert "xmin: xmin_2" in draft
    assert _run("validate", _mapping(tmp_path, draft), "--strict").returncode == 0
    assert _run("infer", "--topic", "", messages='{"id":1}').returncode == 2


def test_infer_drafts_a_mapping_that_validates(tmp_path: pathlib.Path) -> None:
    messages = '{"id":1,"name":"Ann"}\nbroken\n{"id":2,"name":null}\n'
    draft = _run("infer", "--topic", "people", "--table", "persons", messages=messages)
    assert draft.returncode == 0
    assert "line 2: is not JSON" in draft.stderr
    checked = _run("validate", _mapping(tmp_path, draft.stdout), "--strict")
    assert checked.returncode == 0, draft.stdout + checked.stderr
    assert "table: persons" in draft.stdout
    assert _run("infer", "--topic", "t", messages="").returncode == 1
    assert _run("infer", "--topic", "t", "--key", "nme", messages='{"name":1}').returncode == 2
    assert _run("infer").returncode != 0


def test_every_setting_is_listed(tmp_path: pathlib.Path) -> None:
    listed = _run("settings").stdout
    for text in (listed, _run("--help").stdout, _run("run", "--help").stdout):
        assert "LOOM_KAFKA_BATCH_SIZE (200)" in text
        assert "LOOM_LOG_FORMAT (auto)" in text
    assert _run("settings", "--markdown").stdout in (SOURCE / "README.md").read_text(encoding="utf-8")


SCHEMA = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "who", "type": ["null", "string"]},
        {"name": "address", "type": {"type": "record", "name": "A", "fields": [{"name": "city", "type": "string"}]}},
    ],
}
AVRO = """schema_version: v1
topics:
  orders:
    table: orders
    format: avro
    field_mappings: {id: id, total: total, address.city: city}
"""


def _with_file(folder: pathlib.Path, text: str) -> pathlib.Path:
    (folder / "order.avsc").write_text(json.dumps(SCHEMA), encoding="utf-8")
    return _mapping(folder, text.replace("format: avro", "format: avro\n    schema_file: order.avsc"))


def test_tables_take_their_types_from_the_mappings_schema_file(tmp_path: pathlib.Path) -> None:
    done = _run("create-tables", _with_file(tmp_path, AVRO), "--print")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"id" BIGINT NOT NULL' in done.stdout
    assert '"total" NUMERIC(12,2) NOT NULL' in done.stdout
    assert '"city" TEXT NOT NULL' in done.stdout


def test_mapping_and_schema_file_are_checked_together(tmp_path: pathlib.Path) -> None:
    good = _run("validate", _with_file(tmp_path, AVRO), "--strict")
    assert (good.returncode, good.stderr) == (0, "")
    wrong = AVRO.replace("address.city", "adress.city") + "    required_fields: [whom]\n"
    done = _run("validate", _with_file(tmp_path, wrong))
    assert done.returncode == 2
    assert "`adress.city` is no field of order.avsc; did you mean `address.city`?" in done.stderr
    assert "order.avsc has no field for the required field `whom` (sources: whom)" in done.stderr
    never = AVRO.replace("address.city", "address") + "    data_types: {id: string, city: integer, total: uuid}\n"
    done = _run("validate", _with_file(tmp_path, never))
    assert done.returncode == 2
    assert "`address` is a record in order.avsc, and can never become column `city` of `orders`" in done.stderr
    assert "and can never become column `total` of `orders`, which is uuid" in done.stderr
    some = AVRO + "    data_types: {city: integer}\n"
    done = _run("validate", _with_file(tmp_path, some))
    assert done.returncode == 0
    assert "`address.city` is a text in order.avsc, and it depends on the value" in done.stderr


class _Registry(http.server.BaseHTTPRequestHandler):
    """A registry with one subject."""

    def do_GET(self) -> None:
        found = self.path == "/subjects/orders-value/versions/latest"
        body = {"error_code": 40401, "message": "Subject not found."}
        if found:
            body = {"subject": "orders-value", "version": 3, "id": 7, "schema": json.dumps(SCHEMA)}
        raw = json.dumps(body).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def test_the_registrys_latest_schema_is_checked_too(tmp_path: pathlib.Path) -> None:
    def validate(text: str, url: str | None) -> subprocess.CompletedProcess[str]:
        environment = {} if url is None else {"LOOM_SCHEMA_REGISTRY_URL": url}
        return subprocess.run(
            [PROGRAM, "validate", _mapping(tmp_path, text), "--registry"],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=60,
        )

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        good = validate(AVRO, url)
        assert (good.returncode, good.stderr) == (0, "")
        assert "by version 3 of orders-value" in good.stdout
        wrong = validate(AVRO + "    required_fields: [whom]\n", url)
        assert wrong.returncode == 2
        assert "version 3 of orders-value has no field for the required field `whom`" in wrong.stderr
        other = validate(AVRO.replace("format: avro", "format: protobuf"), url)
        assert other.returncode == 2
        assert "is `protobuf`, and version 3 of orders-value is `avro`" in other.stderr
        unknown = validate(AVRO.replace("  orders:", "  payments:"), url)
        assert unknown.returncode == 0
        assert "the latest schema of subject payments-value is not in the registry" in unknown.stderr
    finally:
        server.shutdown()
        server.server_close()
    away = validate(AVRO, url)
    assert away.returncode == 1
    assert "error: schema registry" in away.stderr
    unset = validate(AVRO, None)
    assert unset.returncode == 2
    assert "--registry needs LOOM_SCHEMA_REGISTRY_URL" in unset.stderr


def test_the_schema_of_samples_is_printed_without_any_server(tmp_path: pathlib.Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(f"LOOM_TOPIC_MAPPINGS: {_mapping(tmp_path)}\n", encoding="utf-8")
    command = ("--config", config, "produce-sample", "--topic", "orders")
    avro = json.loads(_run(*command, "--print-schema", "--format", "avro").stdout)
    fields = {field["name"]: field["type"][1] for field in avro["fields"]}
    assert avro["name"] == "Orders"
    assert fields["id"] == "long"
    assert fields["total"] == {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
    protobuf = _run(*command, "--print-schema", "--format", "protobuf")
    assert "message Orders {\n  optional int64 id = 1;\n  optional string total = 2;\n}" in protobuf.stdout
    of_json = _run(*command, "--print-schema")
    assert of_json.returncode == 2
    assert "samples in JSON have no schema" in of_json.stderr
    assert _run(*command).returncode == 2, "--count is needed"
    assert "LOOM_SCHEMA_REGISTRY_URL" in _run(*command, "--count", "1", "--format", "avro").stderr
