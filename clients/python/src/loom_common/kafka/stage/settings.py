"""A stage's settings: from what the service hands in, else from the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["StageSettings", "stage_settings"]


@dataclass(frozen=True)
class StageSettings:
    """What a stage runs by. Times are in seconds."""

    service_name: str
    topics: tuple[str, ...]
    group_id: str | None = None
    """None: by the service's settings in the database."""
    bootstrap_servers: str | tuple[str, ...] = "localhost:9092"
    database_url: str | None = field(default=None, repr=False)
    """For a stage without a pool: settings, metrics and lag. None: default settings, and no metrics."""
    retries: int = 3
    """Of a message whose processing failed, before it is a dead letter."""
    retry_first: float = 0.1
    """Before the first retry; doubles with each, up to ``retry_cap``."""
    retry_cap: float = 5.0
    dead_letter_suffix: str = ".dlq"
    report_every: float = 30.0
    """Metrics and lag into the database."""
    config_cache: float = 300.0
    """How old the settings from the database may be."""


def stage_settings(
    settings: Any,
    topics: str | Iterable[str],
    group_id: str | None,
    service_name: str | None,
    report_every: float | None = None,
    environment: Mapping[str, str] = os.environ,
) -> StageSettings:
    """What ``settings`` (an object's attributes or a mapping's items; None: nothing) and the environment say.

    Arguments of the stage's constructor come first, then ``settings``, then the environment's LOOM_* names.
    Fails: ``ValueError`` that says all that is wrong, without passwords.
    """
    names = (topics,) if isinstance(topics, str) else tuple(topics)
    wrong: list[str] = []
    group = (
        group_id or _text(_of(settings, "kafka_consumer_group", "group_id")) or _variable(environment, "KAFKA_GROUP_ID")
    )
    service = service_name or _text(_of(settings, "service_name")) or group
    if not service:
        wrong.append("a stage needs a service_name or a group_id")
    if not names:
        wrong.append("a stage needs a topic to consume")
    suffix = environment.get("LOOM_DLQ_SUFFIX", ".dlq")
    if not suffix:
        wrong.append("LOOM_DLQ_SUFFIX may not be empty: dead letters would go to the topic that they came from")
    retries = _number(environment, "LOOM_STAGE_RETRIES", 3, wrong, whole=True)
    cache = _number(environment, "LOOM_DATABASE_CONFIG_CACHE", 300, wrong)
    every = report_every if report_every is not None else _number(environment, "LOOM_STAGE_REPORT_EVERY", 30, wrong)
    if not every > 0:
        wrong.append("the time between two reports has to be above 0 s")
    servers = _of(settings, "kafka_bootstrap_servers", "bootstrap_servers")
    url = _text(_of(settings, "database_url"))
    try:
        servers = servers or _variable(environment, "KAFKA_BOOTSTRAP_SERVERS")
        url = url or _variable(environment, "DATABASE_URL")
    except OSError as error:
        wrong.append(str(error))
    if wrong:
        raise ValueError("; ".join(wrong))
    return StageSettings(
        service_name=str(service),
        topics=names,
        group_id=group,
        bootstrap_servers=_servers(servers),
        database_url=url,
        retries=int(retries),
        dead_letter_suffix=suffix,
        report_every=every,
        config_cache=cache,
    )


def _of(settings: Any, *names: str) -> Any:
    """The first of these that the object or mapping has."""
    for name in names:
        value = settings.get(name) if isinstance(settings, Mapping) else getattr(settings, name, None)
        if value:
            return value
    return None


def _text(value: Any) -> str | None:
    """pydantic's addresses and secrets are objects."""
    if value is None:
        return None
    secret = getattr(value, "get_secret_value", None)
    return str(secret() if callable(secret) else value)


def _servers(value: Any) -> str | tuple[str, ...]:
    if value is None:
        return "localhost:9092"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(str(one) for one in value)
    return str(value)


def _variable(environment: Mapping[str, str], name: str) -> str | None:
    """LOOM_<name> or <name>, or the contents of the file that either with _FILE names."""
    for full in (f"LOOM_{name}", name):
        if environment.get(full):
            return environment[full]
        path = environment.get(f"{full}_FILE")
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").strip() or None
            except OSError as error:
                raise OSError(f"{full}_FILE: {path} cannot be read: {error.strerror}") from error
    return None


def _number(
    environment: Mapping[str, str], name: str, otherwise: float, wrong: list[str], whole: bool = False
) -> float:
    text = environment.get(name, "")
    if not text:
        return otherwise
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        wrong.append(f"{name} is a number from 0 on, not {text}")
        return otherwise
    return value
