"""Connections, performance and alerts, from the database: one psql, one connection, a line of JSON for each section."""

import json
import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

SQL = """\
SET statement_timeout = '10s';
SELECT 'pool' || E'\\t' || json_build_object(
  'applications', (SELECT coalesce(jsonb_agg(a), '[]') FROM (
      SELECT application_name AS application, coalesce(state, 'not visible') AS state, count(*) AS connections,
             count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting_for_locks,
             round(max(extract(epoch FROM clock_timestamp() - xact_start))::numeric, 1) AS oldest_transaction_seconds
        FROM pg_stat_activity
       WHERE application_name LIKE :'application' AND datname = current_database() AND pid <> pg_backend_pid()
       GROUP BY 1, 2 ORDER BY 1, 2) a),
  'server_connections', (SELECT count(*) FROM pg_stat_activity
       WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend' AND pid <> pg_backend_pid()),
  'max_connections', current_setting('max_connections')::integer,
  'reserved', current_setting('superuser_reserved_connections')::integer);
SELECT to_regclass('v_consumer_performance_monitor') IS NOT NULL AND to_regclass('v_consumer_performance_history') IS NOT NULL
       AND to_regclass('v_consumer_alerts') IS NOT NULL AND to_regclass('v_consumer_lag_alerts') IS NOT NULL AS views \\gset
\\if :views
SELECT 'services' || E'\\t' || coalesce(jsonb_agg(m ORDER BY service_name), '[]') FROM v_consumer_performance_monitor m;
SELECT 'history' || E'\\t' || coalesce(jsonb_agg(h ORDER BY h.minute), '[]') FROM (
  SELECT to_char(to_timestamp(floor(extract(epoch FROM timestamp) / 600) * 600) AT TIME ZONE 'UTC', 'HH24:MI') AS minute,
         sum(messages_processed) AS messages, round(avg(messages_per_second)::numeric, 1) AS messages_per_second,
         round(max(memory_usage_mb)::numeric, 1) AS memory_mb, sum(errors) AS errors, max(lag) AS max_lag
    FROM v_consumer_performance_history
   WHERE service_name = :'service' AND timestamp > now() - interval '1 hour' GROUP BY 1) h;
SELECT 'alerts' || E'\\t' || coalesce(jsonb_agg(a), '[]') FROM v_consumer_alerts a;
SELECT 'lag_alerts' || E'\\t' || coalesce(jsonb_agg(l ORDER BY total_lag DESC), '[]') FROM v_consumer_lag_alerts l
 WHERE alert_level <> 'ok' AND service_name = :'service';
\\else
SELECT 'missing' || E'\\t' || '"the views of migration 040 are not there (kafka-to-db-consumer migrate)"';
\\endif
"""

FLAGS = ["-X", "-q", "-A", "-t", "-f", "-"]


def script(application, service):
    """The values go in as psql's variables, which quotes them."""
    def quoted(text):
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    return f"\\set application {quoted(application)}\n\\set service {quoted(service)}\n" + SQL


def split_password(url):
    """The connection string without its password, and the password: arguments are seen by every user of the machine."""
    if re.match(r"postgres(ql)?://", url):
        parts = urlsplit(url)
        user, at, hosts = parts.netloc.rpartition("@")
        name, _, password = user.partition(":")
        query = parse_qsl(parts.query, keep_blank_values=True)
        password = unquote(password) or dict(query).get("password", "")
        query = urlencode([pair for pair in query if pair[0] != "password"])
        return urlunsplit((parts.scheme, name + at + hosts, parts.path, query, "")), password
    found = re.search(r"(?:^|\s)password\s*=\s*('(?:[^'\\]|\\.)*'|\S+)", url)
    if not found:
        return url, ""
    quoted = found.group(1)
    inner = quoted[1:-1] if quoted.startswith("'") else quoted
    return url.replace(found.group(0), "").strip(), re.sub(r"\\(.)", r"\1", inner)


AWAY = re.compile(r"connection refused|timeout expired|could not translate|no route to host|server closed the connection|"
                  r"is starting up|shutting down|did not answer within|unreachable|recovery mode", re.IGNORECASE)
FULL = re.compile(r"too many clients|remaining connection slots|too many connections", re.IGNORECASE)


def read(answer):
    """Sections by name; `pool` has known, and when it is not: why, away (nobody answers) and full (no connection left)."""
    found = {}
    for line in answer.out.splitlines():
        name, tab, text = line.partition("\t")
        if tab:
            try:
                found[name] = json.loads(text)
            except ValueError:
                continue
    errors = [line for line in answer.err.splitlines() if "ERROR:" in line or "FATAL:" in line or "error:" in line]
    why = re.sub(r"^psql:[^ ]* ", "", errors[0]).strip() if errors else answer.why
    reached = "pool" in found
    pool = {"known": reached, "why": None if reached else why, "away": False, "full": False, "refused": False,
            "saturated": False, "replicas": []}
    if reached:
        pool.update(found["pool"])
        pool["connections"] = sum(a["connections"] for a in pool["applications"])
        pool["usable"] = max(1, pool["max_connections"] - pool["reserved"])
        pool["used_share"] = round(pool["server_connections"] / pool["usable"], 3)
    else:
        # kubectl's own failures are no news about the database.
        by_psql = "psql" in answer.err and "is not installed" not in answer.err
        pool["full"] = bool(FULL.search(answer.err))
        pool["away"] = by_psql and not pool["full"] and bool(AWAY.search(answer.err))
        pool["refused"] = by_psql and not pool["full"] and not pool["away"]
    missing = found.get("missing") or why
    performance = {"known": "services" in found, "why": None if "services" in found else missing,
                   "services": found.get("services", []), "history": found.get("history", [])}
    alerts = {"known": "alerts" in found, "why": None if "alerts" in found else missing,
              "alerts": found.get("alerts", []), "lag_alerts": found.get("lag_alerts", [])}
    return pool, performance, alerts
