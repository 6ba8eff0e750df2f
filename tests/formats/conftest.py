from __future__ import annotations

from collections.abc import Iterator

import pytest

import folders  # noqa: F401
from support.kafka import Kafka
from support.registry import Registry, registry_url
from support.service import Service


@pytest.fixture(scope="session")
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry(registry_url())


@pytest.fixture
def service(kafka: Kafka, registry: Registry) -> Iterator[Service]:
    """With the registry of the run."""
    with Service(kafka, registry.url) as one:
        yield one
