"""What loom_common makes of the database, for the comparison with the other languages.

stdin:   {"url", "unreachable", "services": [...], "alone": [...]}
stdout:  {"configs": {service: {column: value}}, "without_database": the same of `alone` from the unreachable one,
          "recommendations": [...]}
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from typing import Any

import asyncpg
from loom_common.kafka import KafkaConsumerConfigLoader


def silent(_: str) -> None:
    pass


async def load_all(given: dict[str, Any]) -> dict[str, Any]:
    async with asyncpg.create_pool(given["url"], min_size=1, max_size=1) as pool:
        loader = KafkaConsumerConfigLoader(pool, warn=silent)
        alone = KafkaConsumerConfigLoader(database_url=given["unreachable"], warn=silent)
        return {
            "configs": {name: dataclasses.asdict(await loader.load_config(name)) for name in given["services"]},
            "without_database": {name: dataclasses.asdict(await alone.load_config(name)) for name in given["alone"]},
            "recommendations": [dataclasses.asdict(one) for one in await loader.get_processing_recommendations()],
        }


print(json.dumps(asyncio.run(load_all(json.load(sys.stdin)))))
