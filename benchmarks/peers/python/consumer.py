"""A plain Python consumer with the settings of the service that kafka-to-db-consumer replaces.

aiokafka, asyncpg and, where messages are in Avro, fastavro. 200 messages or half a second a batch, a pool of 20 to 50
connections, offsets committed by a timer. With LOOM_KAFKA_BATCH_SIZE=1 each row is a statement and a transaction of its
own.
"""

import asyncio
import datetime
import io
import json
import os
import signal
import urllib.request

import aiokafka
import asyncpg

TOPIC = "device.sensor.accelerometer.raw"
INSERT = """INSERT INTO device_sensor_accelerometer_raw (trace_id, device_id, "timestamp", schema_version, x_axis,
    y_axis, z_axis, magnitude, sample_rate, activity, device_orientation)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING"""

AVRO = os.environ["PEER_FORMAT"] == "avro"
BATCH_SIZE = int(os.environ.get("LOOM_KAFKA_BATCH_SIZE", "200"))
BATCH_TIMEOUT = float(os.environ.get("LOOM_KAFKA_BATCH_TIMEOUT", "0.5"))


def read_json(value):
    message = json.loads(value.decode("utf-8"))
    message["timestamp"] = datetime.datetime.fromisoformat(message["timestamp"])
    return message


def avro_reader(registry):
    """Byte 0, four bytes of the schema's id, the message. A schema is fetched when it is first seen."""
    import fastavro

    schemas = {}

    def schema_of(number):
        if number not in schemas:
            with urllib.request.urlopen(f"{registry}/apis/ccompat/v7/schemas/ids/{number}", timeout=30) as answer:
                schemas[number] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
        return schemas[number]

    def read(value):
        if value[0] != 0:
            raise ValueError("the message has no framing")
        return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema_of(int.from_bytes(value[1:5], "big")))

    return read


def row_of(message):
    data = message["data"]
    metadata = message["metadata"]
    return (
        message["trace_id"],
        message["device_id"],
        message["timestamp"],
        message["schema_version"],
        float(data["x"]),
        float(data["y"]),
        float(data["z"]),
        float(data["magnitude"]),
        data["sample_rate"],
        metadata["activity"],
        metadata["device_orientation"],
    )


async def store(pool, messages):
    rows = [row_of(message.value) for message in messages]
    async with pool.acquire() as connection:
        if BATCH_SIZE == 1:
            for row in rows:
                await connection.execute(INSERT, *row)
        else:
            await connection.executemany(INSERT, rows)


async def consume(pool, consumer, stopping):
    while not stopping.is_set():
        fetched = await consumer.getmany(timeout_ms=int(BATCH_TIMEOUT * 1000), max_records=BATCH_SIZE)
        # One batch after the other, as the service did.
        for messages in fetched.values():
            await store(pool, messages)


async def main():
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    pool = await asyncpg.create_pool(
        os.environ["PEER_DATABASE_URL"],
        min_size=int(os.environ.get("LOOM_DB_MIN_POOL_SIZE", "20")),
        max_size=int(os.environ.get("LOOM_DB_MAX_POOL_SIZE", "50")),
        command_timeout=60,
        server_settings={"jit": "off", "synchronous_commit": "off"},
    )
    consumer = aiokafka.AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=os.environ["PEER_BROKERS"],
        group_id=os.environ["PEER_GROUP"],
        auto_offset_reset="earliest",
        enable_auto_commit=True,
        auto_commit_interval_ms=5000,
        max_poll_records=500,
        fetch_max_bytes=52428800,
        session_timeout_ms=60000,
        value_deserializer=avro_reader(os.environ["PEER_REGISTRY"]) if AVRO else read_json,
    )
    await consumer.start()
    try:
        await consume(pool, consumer, stopping)
    finally:
        await consumer.stop()
        await pool.close()


if __name__ == "__main__":
    asyncio.run(main())
