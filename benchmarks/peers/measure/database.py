"""The table that all tools fill: made, emptied, watched, and compared at the end. Talks to PostgreSQL through psql."""

import subprocess

TABLE = "device_sensor_accelerometer_raw"
REFERENCE = "peers_reference"
# Pages at the end of the table that may still be filling up; what lies before them is counted once.
MOVING_PAGES = 2000


class Database:
    """One session. Threads: one."""

    def __init__(self, url):
        self._psql = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.pid = self._psql.pid
        self.ask("SET client_min_messages = warning")

    def ask(self, sql):
        """The lines of the answer, columns parted by |."""
        self._psql.stdin.write(f"{sql};\n\\echo :end:\n")
        self._psql.stdin.flush()
        lines = []
        while True:
            line = self._psql.stdout.readline()
            if not line:
                raise RuntimeError(f"PostgreSQL did not answer: {sql}")
            if line == ":end:\n":
                return lines
            lines.append(line.rstrip("\n"))

    def number(self, sql):
        return int(self.ask(sql)[0])

    def close(self):
        self._psql.stdin.close()
        self._psql.wait(10)


def start_clean(database, table=TABLE):
    database.ask(f"TRUNCATE {table}")
    database.ask("CHECKPOINT")


def is_empty(database, table=TABLE):
    return database.ask(f"SELECT EXISTS (SELECT FROM {table})") == ["f"]


class RowCounter:
    """How many rows the table has, cheaply, while it only grows: its first pages are counted once."""

    def __init__(self, database, table=TABLE):
        self._database = database
        self._table = table
        self._settled_pages = 0
        self._settled_rows = 0

    def look(self):
        pages = self._database.number(f"SELECT pg_relation_size('{self._table}') / current_setting('block_size')::int")
        until = max(self._settled_pages, pages - MOVING_PAGES)
        line = self._database.ask(
            f"SELECT count(*) FILTER (WHERE ctid < '({until},0)'), count(*) FROM {self._table}"
            f" WHERE ctid >= '({self._settled_pages},0)'"
        )[0]
        settled, moving = (int(x) for x in line.split("|"))
        rows = self._settled_rows + moving
        self._settled_pages = until
        self._settled_rows += settled
        return rows

    def recount(self):
        """All of it, should a page that was taken for settled have got a row."""
        self._settled_pages = self._settled_rows = 0
        return self.look()


def keep_reference(database):
    """What the table holds now is what every other tool has to store."""
    database.ask(f"DROP TABLE IF EXISTS {REFERENCE}")
    database.ask(f"CREATE TABLE {REFERENCE} AS TABLE {TABLE}")


def fill_from_reference(database):
    start_clean(database)
    database.ask(f"INSERT INTO {TABLE} SELECT * FROM {REFERENCE}")


def number_of_rows(database, table=TABLE):
    return database.number(f"SELECT count(*) FROM {table}")


def compare(database):
    """Rows stored, rows stored otherwise than the reference has them, and the columns that differ."""
    stored = number_of_rows(database)
    other = database.number(f"SELECT count(*) FROM (TABLE {TABLE} EXCEPT TABLE {REFERENCE}) AS rows")
    if other == 0:
        return {"stored": stored, "other_values": 0, "other_columns": []}
    columns = database.ask(f"SELECT attname FROM pg_attribute WHERE attrelid = '{TABLE}'::regclass AND attnum > 0")
    counts = ", ".join(f'count(*) FILTER (WHERE t."{c}" IS DISTINCT FROM r."{c}")' for c in columns)
    answer = database.ask(f'SELECT {counts} FROM {TABLE} t JOIN {REFERENCE} r USING (device_id, "timestamp")')[0]
    differ = [column for column, count in zip(columns, answer.split("|")) if int(count) > 0]
    return {"stored": stored, "other_values": other, "other_columns": differ or ["the key"]}
