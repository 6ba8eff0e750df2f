from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from loom_common.kafka import KafkaConsumerConfigLoader, LagRecord, StoreError, default_config
from loom_common.kafka.config import config_store
from loom_common.kafka.config.config_store import without_libpq_words

from .fakes import Clock, Pool, row


class Case:
    def __init__(self, pool: Pool | None, **settings: Any) -> None:
        self.clock = Clock()
        self.warnings: list[str] = []
        self.loader = KafkaConsumerConfigLoader(pool, warn=self.warnings.append, clock=self.clock, **settings)

    def load(self, service: str = "s") -> Any:
        return asyncio.run(self.loader.load_config(service))


def test_a_row_is_kept_for_five_minutes() -> None:
    pool = Pool([row()])
    case = Case(pool)
    assert case.load().max_poll_records == 7
    assert case.load().consumer_group_id == "the-group"
    pool.rows = [row(max_poll_records=9)]
    case.clock.now += 299
    assert case.load().max_poll_records == 7
    assert len(pool.asked) == 1
    case.clock.now += 1
    assert case.load().max_poll_records == 9
    assert case.warnings == []
    assert not pool.closed


def test_a_forgotten_row_is_asked_for_again() -> None:
    pool = Pool([row()])
    case = Case(pool)
    case.load()
    case.loader.forget("s")
    case.load()
    assert len(pool.asked) == 2


def test_statements_have_limits_of_their_own() -> None:
    pool = Pool([row()])
    Case(pool).load()
    assert "SET LOCAL statement_timeout" in pool.limits[0]
    assert "SET LOCAL jit = off" in pool.limits[0]


def test_a_database_that_is_away_gives_defaults_warns_once_and_is_asked_again_after_ten_seconds() -> None:
    pool = Pool()
    pool.error = ConnectionRefusedError("nobody there")
    case = Case(pool)
    assert case.load() == default_config("s")
    case.clock.now += 9
    case.load()
    assert len(pool.asked) == 1
    case.clock.now += 1
    case.load()
    assert len(pool.asked) == 2
    assert len(case.warnings) == 1
    assert "defaults are used" in case.warnings[0]
    assert "nobody there" in case.warnings[0]


def test_a_row_that_was_read_before_outlives_the_database() -> None:
    pool = Pool([row()])
    case = Case(pool)
    case.load()
    pool.error = ConnectionRefusedError()
    case.clock.now += 300
    assert case.load().max_poll_records == 7
    assert "those read before are used" in case.warnings[0]
    pool.error = None
    case.clock.now += 10
    case.load()
    pool.error = ConnectionRefusedError()
    case.clock.now += 300
    case.load()
    assert len(case.warnings) == 2  # it was back in between


@pytest.mark.parametrize(
    "error", [asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError, asyncpg.InsufficientPrivilegeError]
)
def test_missing_tables_are_told_of(error: type[Exception]) -> None:
    pool = Pool()
    pool.error = error("no such thing")
    case = Case(pool)
    assert case.load().source == "default"
    assert "kafka-to-db-consumer migrate" in case.warnings[0]


def test_a_silent_database_is_not_waited_for_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_store, "SILENCE_SECONDS", 0.05)
    pool = Pool()
    pool.hangs = True
    case = Case(pool)
    assert case.load() == default_config("s")
    assert "did not answer" in case.warnings[0]


def test_without_a_database_there_are_defaults() -> None:
    case = Case(None)
    assert case.load() == default_config("s")
    assert asyncio.run(case.loader.record_processing_metrics("s", 1, 2.0)) is False


def test_a_service_that_nobody_knows_is_told_of() -> None:
    case = Case(Pool([row(source="default")]))
    case.load()
    case.load()
    assert len(case.warnings) == 1
    assert "neither a row" in case.warnings[0]


def test_metrics_get_memory_and_rate_when_they_are_not_given() -> None:
    pool = Pool()
    case = Case(pool)
    case.clock.now += 10
    assert asyncio.run(case.loader.record_processing_metrics("s", 50, 4.5, errors=2))
    statement, arguments = pool.asked[0]
    assert "record_consumer_metrics" in statement
    service, messages, rate, milliseconds, memory, errors, rebalances = arguments
    assert (service, messages, rate, milliseconds, errors, rebalances) == ("s", 50, 5.0, 4.5, 2, 0)
    assert 1 < memory < 100_000
    asyncio.run(case.loader.record_processing_metrics("s", 1, 1.0, messages_per_second=3.0, memory_usage_mb=8.0))
    assert pool.asked[1][1][2:5] == (3.0, 1.0, 8.0)


def test_lag_is_one_statement_for_all_partitions() -> None:
    pool = Pool()
    case = Case(pool)
    lag = [LagRecord("t", 0, 1, 5), LagRecord("t", 1, 2, 2)]
    assert asyncio.run(case.loader.record_consumer_lags("s", lag, "g"))
    assert [arguments for _, arguments in pool.asked] == [("s", "g", ["t", "t"], [0, 1], [1, 2], [5, 2])]
    assert asyncio.run(case.loader.record_consumer_lags("s", [], "g"))
    assert len(pool.asked) == 1


def test_lag_of_one_partition_takes_the_settings_group() -> None:
    pool = Pool([row()])
    case = Case(pool)
    assert asyncio.run(case.loader.record_consumer_lag("s", "t", 3, 10, 12))
    assert pool.asked[-1][1] == ("s", "the-group", ["t"], [3], [10], [12])


def test_what_cannot_be_recorded_is_told_of_once() -> None:
    pool = Pool()
    pool.error = ConnectionResetError("gone")
    case = Case(pool)
    assert not asyncio.run(case.loader.record_processing_metrics("s", 1, 1.0))
    assert not asyncio.run(case.loader.record_processing_metrics("s", 1, 1.0))
    assert len(case.warnings) == 1


def test_recommendations_are_objects() -> None:
    advice = {"service_name": "s", "priority": "high", "config": '{"max_poll_records": 500}', "reason": "lag"}
    found = asyncio.run(Case(Pool([advice])).loader.get_processing_recommendations())
    assert found[0].priority == "high"
    assert found[0].recommended_config == {"max_poll_records": 500}


def test_recommendations_that_cannot_be_had_are_no_empty_list() -> None:
    pool = Pool()
    pool.error = ConnectionRefusedError()
    with pytest.raises(StoreError):
        asyncio.run(Case(pool).loader.get_processing_recommendations())


def test_no_error_has_the_password_in_it() -> None:
    case = Case(None, database_url="postgresql://me:s3cret@127.0.0.1:1/x?s3cret=1")
    case.load()
    assert "s3cret" not in case.warnings[0]


def test_an_address_for_libpq_does_for_asyncpg() -> None:
    assert (
        without_libpq_words("postgresql://h/d?connect_timeout=3&sslmode=disable") == "postgresql://h/d?sslmode=disable"
    )


def test_a_consumer_has_the_settings_and_options_win() -> None:
    async def made() -> None:
        case = Case(Pool([row(session_timeout_ms=20_000)]))
        one = await case.loader.create_consumer("s", ["t"], bootstrap_servers="h:1")
        other = await case.loader.create_consumer(
            service_name="s", topics="t", kafka_bootstrap_servers=["h:1", "h:2"], group_id="g", max_poll_records=3
        )
        assert (one._group_id, one._max_poll_records, one._session_timeout_ms) == ("the-group", 7, 20_000)
        assert (other._group_id, other._max_poll_records, other._session_timeout_ms) == ("g", 3, 20_000)
        assert one.subscription() == {"t"}
        with pytest.raises(ValueError, match="topic"):
            await case.loader.create_consumer("s", [])
        await one.stop()
        await other.stop()

    asyncio.run(made())
