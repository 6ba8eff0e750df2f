#include "sink/statements.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>

#include "sink/dead_letters.h"
#include "sink/marks_text.h"
#include "sink/sqlstate.h"
#include "sink/utf8.h"

namespace loom::sink::statements {
namespace {

using mapping::ConflictStrategy;
using mapping::quote_identifier;
using mapping::TablePlan;

constexpr int kHasTransactionTimeout = 170000;
constexpr std::string_view kPlaceColumn = "\"loom place\"";  // no key column is called so

bool is_key(const TablePlan& table, std::size_t column) {
  return std::find(table.key.begin(), table.key.end(), column) != table.key.end();
}

std::string column_name(const TablePlan& table, std::size_t column) {
  return quote_identifier(table.columns[column].info.name);
}

std::string key_columns(const TablePlan& table) {
  std::string out;
  for (const auto column : table.key) {
    if (!out.empty()) out += ", ";
    out += column_name(table, column);
  }
  return out;
}

/// How the key's nth column is compared.
const mapping::KeyComparison& comparison(const TablePlan& table, std::size_t nth) {
  static const mapping::KeyComparison kPlain;
  return nth < table.key_rules.columns.size() ? table.key_rules.columns[nth] : kPlain;
}

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// ORDER BY's list: the key as its index sorts it, without the column `but`.
std::string key_order(const TablePlan& table, std::size_t but = kNone) {
  std::string out;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    if (table.key[i] == but) continue;
    const auto& compared = comparison(table, i);
    if (!out.empty()) out += ", ";
    out += column_name(table, table.key[i]) + compared.collation;
    if (!compared.less.empty()) out += " USING " + compared.less;
  }
  return out;
}

/// Whether `a` and `b` have one key, not looking at the column `but`.
std::string same_key(const TablePlan& table, const std::string& a, const std::string& b, std::size_t but = kNone) {
  std::string out;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    if (table.key[i] == but) continue;
    const auto& compared = comparison(table, i);
    const std::string name = column_name(table, table.key[i]);
    const std::string equals = compared.equals.empty() ? "=" : compared.equals;
    const mapping::ColumnInfo& info = table.columns[table.key[i]].info;
    const std::string as_base = info.is_domain ? "::" + info.type_name : "";
    const bool nulls = table.key_rules.nulls_equal && !info.not_null;
    if (!out.empty()) out += " AND ";
    const std::string equal =
        fmt::format("{0}.{2}{3}{4} {5} {1}.{2}{3}", a, b, name, as_base, compared.collation, equals);
    out += nulls ? fmt::format("({0} OR ({1}.{3} IS NULL AND {2}.{3} IS NULL))", equal, a, b, name) : equal;
  }
  return out;
}

/// Which rows of `t` the removals in `s` mean.
std::string same_removed(const TablePlan& table, const std::string& t, const std::string& s) {
  if (table.removed_by == table.key) return same_key(table, t, s);
  std::string out;
  for (const auto column : table.removed_by) {
    out += fmt::format("{}{}.{} = {}.{}", out.empty() ? "" : " AND ", t, column_name(table, column), s,
                       column_name(table, column));
  }
  return out;
}

/// Whether `table`'s row is not known to be newer than that of `other`.
std::string not_newer(const TablePlan& table, std::string_view row, std::string_view other) {
  const std::string version = column_name(table, *table.version);
  return fmt::format("({}.{} < {}.{}) IS NOT TRUE", other, version, row, version);
}

std::string removal_columns(const TablePlan& table) {
  std::string out;
  for (const auto column : table.removed_by) out += (out.empty() ? "" : ", ") + column_name(table, column);
  if (table.deleted_at) out += ", " + column_name(table, *table.deleted_at);
  if (table.version) out += ", " + column_name(table, *table.version);
  return out;
}

template <typename Value>
std::string array(const batch::Batch& batch, std::string_view type, Value value) {
  std::string out = "'{";
  for (const auto& range : batch.ranges) {
    if (out.size() > 2) out += ',';
    value(range, out);
  }
  return out.append("}'::").append(type).append("[]");
}

std::string partitions(const batch::Batch& batch) {
  return array(batch, "int", [](const auto& range, std::string& out) { out += std::to_string(range.partition); });
}

std::string ids(const std::vector<std::int64_t>& numbers) {
  std::string out = "'{";
  for (const auto number : numbers) {
    if (out.size() > 2) out += ',';
    out += std::to_string(number);
  }
  return out + "}'::bigint[]";
}

// Producers may send any 64-bit number; what no calendar has must not fail the batch.
void append_timestamp(std::int64_t ms, std::string& out) {
  constexpr std::int64_t kYear10000 = 253'402'300'800'000;
  if (ms < 0 || ms >= kYear10000) {
    out += "NULL";
    return;
  }
  fmt::format_to(std::back_inserter(out), "\"{:%Y-%m-%d %H:%M:%S}.{:03}+00\"",
                 fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

/// What a conflict overwrites, as indices into the plan's columns.
std::vector<std::size_t> overwritten(const TablePlan& table, const encode::ColumnBits& set) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (is_key(table, i)) continue;
    if (table.conflict_strategy == ConflictStrategy::update && !set.test(i)) continue;
    if (table.columns[i].info.identity_always) continue;  // PostgreSQL lets nobody change it
    columns.push_back(i);
  }
  return columns;
}

std::string assignments(const TablePlan& table, const std::vector<std::size_t>& columns,
                        const encode::ColumnBits& omitted) {
  std::string out;
  for (const std::size_t column : columns) {
    const std::string name = column_name(table, column);
    if (!out.empty()) out += ", ";
    out += name;
    out += omitted.test(column) ? " = DEFAULT" : " = EXCLUDED." + name;
  }
  return out;
}

/// Whether these columns differ at all: a message that comes a second time changes nothing, and need not cost a new
/// version of the row. Compared as they are stored, since not each type has an `=`; as records, since two ROWs would be
/// compared field by field.
std::string differs(const TablePlan& table, const std::vector<std::size_t>& columns) {
  std::string there;
  std::string comes;
  for (const std::size_t column : columns) {
    const std::string name = column_name(table, column);
    there += (there.empty() ? "target." : ", target.") + name;
    comes += (comes.empty() ? "EXCLUDED." : ", EXCLUDED.") + name;
  }
  return "ROW(" + there + ")::record OPERATOR(pg_catalog.*<>) ROW(" + comes + ")::record";
}

/// With the position that they are of: OffsetStore reads them. Nothing where nothing is remembered.
void append_marks(const batch::OffsetRange& range, std::string& out) {
  const std::string marks = marks_literal(range.epoch, range.to, range.marks);
  out += marks.empty() ? "NULL" : '"' + marks + '"';
}

}  // namespace

std::vector<std::string> settings(const DatabaseSettings& settings, int server_version) {
  std::vector<std::string> out{
      std::string("SET LOCAL synchronous_commit = ") + (settings.synchronous_commit ? "on" : "off"),
      "SET LOCAL statement_timeout = " + std::to_string(settings.statement_timeout.count()),
      "SET LOCAL lock_timeout = " + std::to_string(settings.lock_timeout.count()),
      // A role's own settings would make another value of these: a null in an array; a time without a zone, a date or
      // an interval, where the server reads it; a number, bytes or a day that a default turns into text.
      "SET LOCAL array_nulls = on", "SET LOCAL TimeZone = 'UTC'", "SET LOCAL DateStyle = 'ISO, MDY'",
      "SET LOCAL IntervalStyle = 'postgres'", "SET LOCAL extra_float_digits = 1", "SET LOCAL bytea_output = 'hex'",
      "SET LOCAL xmloption = 'content'", "SET LOCAL timezone_abbreviations = 'Default'"};
  if (server_version >= kHasTransactionTimeout) out.emplace_back("SET LOCAL transaction_timeout = 0");
  return out;
}

std::string advance(const DatabaseSettings& settings, const batch::Batch& batch, const Literal& literal) {
  std::string out = "SELECT kafka_advance_offsets(" + literal(settings.consumer_group) + ", " + literal(batch.topic);
  out += ", " + partitions(batch) + ", ";
  out += array(batch, "bigint", [](const auto& r, std::string& text) { text += std::to_string(r.epoch); }) + ", ";
  out += array(batch, "bigint", [](const auto& r, std::string& text) { text += std::to_string(r.from); }) + ", ";
  out += array(batch, "bigint", [](const auto& r, std::string& text) { text += std::to_string(r.to); }) + ", ";
  out += array(batch, "timestamptz",
               [](const auto& r, std::string& text) { append_timestamp(r.last_timestamp_ms, text); });
  out += ", " + array(batch, "text", append_marks);
  return out + ")";
}

std::string read_offsets(const DatabaseSettings& settings, const batch::Batch& batch, const Literal& literal) {
  return "SELECT partition, next_offset, epoch, coalesce(array_to_string(record_marks, ','), '') "
         "FROM kafka_consumer_offsets WHERE consumer_group = " +
         literal(settings.consumer_group) + " AND topic = " + literal(batch.topic) + " AND partition = ANY (" +
         partitions(batch) + ") ORDER BY partition";
}

std::string end_frozen_writers(const DatabaseSettings& settings, const batch::Batch& batch, const Literal& literal) {
  // A row's lock is its locker's transaction id in xmax, and that transaction holds a lock on its own id.
  return "SELECT pg_terminate_backend(a.pid) FROM kafka_consumer_offsets o JOIN pg_locks l ON l.locktype = "
         "'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.transactionid = o.xmax JOIN "
         "pg_stat_activity a ON a.pid = l.pid WHERE o.consumer_group = " +
         literal(settings.consumer_group) + " AND o.topic = " + literal(batch.topic) + " AND o.partition = ANY (" +
         partitions(batch) +
         ") AND a.usename = current_user AND a.application_name = current_setting('application_name') AND a.pid <> "
         "pg_backend_pid() AND a.wait_event_type = 'Client' AND a.query_start < clock_timestamp() - interval '" +
         std::to_string(settings.lock_timeout.count()) + " milliseconds'";
}

std::string columns(const TablePlan& table, const encode::ColumnBits& omitted, std::string_view prefix) {
  std::string out;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (omitted.test(i)) continue;
    if (!out.empty()) out += ", ";
    out.append(prefix).append(column_name(table, i));
  }
  return out;
}

std::string describe(const TablePlan& table) {
  // With LIMIT 0 instead every partition would be locked and planned for: of a hypertable with a thousand chunks, 3,000
  // locks and a tenth of a second for each batch.
  return "SELECT " + columns(table, {}) + " FROM " + table.name.quoted() + " WHERE false";
}

std::string copy(const std::string& target, const std::string& columns, bool binary) {
  return "COPY " + target + " (" + columns + ") FROM STDIN" + (binary ? " (FORMAT binary)" : "");
}

std::string insert_defaults(const std::string& target, std::size_t rows) {
  return "INSERT INTO " + target + " SELECT FROM generate_series(1, " + std::to_string(rows) + ")";
}

std::string copy_dead_letters() {
  return copy("kafka_dead_letters",
              "consumer_group, topic, partition, \"offset\", message_timestamp, key, value, headers, reason, sqlstate, "
              "message, trace_id",
              true);
}

std::string hexadecimal(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
  return out;
}

std::string find_read_again(const DatabaseSettings& settings, const batch::Batch& batch, const Literal& literal) {
  std::string ranges;
  for (const auto& range : batch.ranges) {
    if (!range.read_again) continue;
    ranges += fmt::format("{}(partition = {} AND \"offset\" >= {} AND \"offset\" < {})", ranges.empty() ? "" : " OR ",
                          range.partition, range.from, range.to);
  }
  return "SELECT id, partition, \"offset\", (extract(epoch FROM message_timestamp) * 1000)::bigint, encode(key, "
         "'hex'), encode(value, 'hex') FROM kafka_dead_letters WHERE consumer_group = " +
         literal(settings.consumer_group) + " AND topic = " + literal(batch.topic) + " AND (" + ranges +
         ") AND has_function_privilege('kafka_forget_dead_letters(text, bigint[])', 'EXECUTE') ORDER BY partition, "
         "\"offset\"";
}

std::string forget_dead_letters(const DatabaseSettings& settings, const std::vector<std::int64_t>& dead_letters,
                                const Literal& literal) {
  return "SELECT kafka_forget_dead_letters(" + literal(settings.consumer_group) + ", " + ids(dead_letters) + ")";
}

std::string take_dead_letters(const batch::Batch& batch) {
  const std::string wanted = std::to_string(batch.replayed.size());
  // SKIP LOCKED: another replay has those, and waiting for it would only show that they are gone.
  return "DO $take$ BEGIN IF (SELECT count(*) FROM (SELECT 1 FROM kafka_dead_letters WHERE id = ANY (" +
         ids(batch.replayed) + ") ORDER BY id FOR UPDATE SKIP LOCKED) taken) <> " + wanted +
         " THEN RAISE EXCEPTION 'some of these dead letters are gone, or in the hands of another replay' USING ERRCODE "
         "= '" +
         std::string(kDeadLettersNotThere) + "'; END IF; END $take$";
}

std::string repair_dead_letters(const batch::Batch& batch, const std::vector<std::uint32_t>& messages) {
  std::vector<std::int64_t> repaired;
  repaired.reserve(messages.size());
  for (const auto message : messages) repaired.push_back(batch.replayed.at(message));
  std::string from = "gone";
  std::string kept = "NULL, NULL, NULL, NULL";
  if (batch.corrected) {
    from += " JOIN (VALUES ";
    for (std::size_t i = 0; i < messages.size(); ++i) {
      from += (i > 0 ? ", (" : "(") + std::to_string(repaired[i]) + "::bigint, decode('" +
              hexadecimal(batch.messages.at(messages[i]).value) + "', 'hex'))";
    }
    from += ") v (id, value) ON v.id = gone.id";
    kept = "gone.key, gone.value, gone.headers, v.value";
  }
  return "WITH gone AS (DELETE FROM kafka_dead_letters WHERE id = ANY (" + ids(repaired) +
         ") RETURNING *) INSERT INTO kafka_repaired_dead_letters (id, consumer_group, topic, partition, \"offset\", "
         "message_timestamp, fingerprint, reason, sqlstate, message, trace_id, created_at, key, value, headers, "
         "corrected_value) SELECT gone.id, consumer_group, topic, partition, \"offset\", message_timestamp, "
         "kafka_message_fingerprint(gone.key, gone.value), reason, sqlstate, message, trace_id, created_at, " +
         kept + " FROM " + from + " ON CONFLICT (id) DO NOTHING";
}

std::string update_dead_letters(const batch::Batch& batch, const std::vector<batch::RejectedMessage>& rejected,
                                const Literal& literal) {
  std::string out =
      "UPDATE kafka_dead_letters d SET reason = v.reason, sqlstate = v.sqlstate, message = v.message FROM "
      "(VALUES ";
  for (std::size_t i = 0; i < rejected.size(); ++i) {
    const Reject& reject = rejected[i].reject;
    if (i > 0) out += ", ";
    out += "(" + std::to_string(batch.replayed.at(rejected[i].message)) + "::bigint, ";
    out += literal(to_string(reject.reason)) + ", ";
    out += (reject.sqlstate.empty() ? "NULL::text" : literal(reject.sqlstate)) + ", ";
    out += literal(storable_text(reject.message, kDeadLetterMessageMax)) + ")";
  }
  return out + ") v (id, reason, sqlstate, message) WHERE d.id = v.id";
}

std::string stage_relation(std::size_t table) { return "loom_stage_" + std::to_string(table); }
std::string stage_name(std::size_t table) { return "pg_temp." + stage_relation(table); }

std::string create_stage(const TablePlan& table, const std::string& stage) {
  // CREATE TABLE AS takes the types (domains included) and collations, and leaves defaults and constraints behind.
  return "CREATE TEMP TABLE " + stage + " ON COMMIT DROP AS SELECT " + columns(table, {}) + " FROM " +
         table.name.quoted() + " WITH NO DATA";
}

std::string key_stage_relation(std::size_t table) { return "loom_keys_" + std::to_string(table); }
std::string key_stage_name(std::size_t table) { return "pg_temp." + key_stage_relation(table); }

std::vector<std::string> create_key_stage(const TablePlan& table, const std::string& stage) {
  std::vector<std::string> out{"CREATE TEMP TABLE " + stage + " ON COMMIT DROP AS SELECT " + key_columns(table) +
                               ", 0 AS " + std::string(kPlaceColumn) + " FROM " + table.name.quoted() +
                               " WITH NO DATA"};
  for (const auto column : table.key) {
    const std::string& expression = table.columns[column].info.repeated_default;
    if (expression.empty()) continue;
    out.push_back(fmt::format("ALTER TABLE {} ALTER {} SET DEFAULT {}", stage, column_name(table, column), expression));
  }
  return out;
}

std::string copy_keys(const TablePlan& table, const std::string& stage, const encode::ColumnBits& omitted) {
  std::string list;
  for (const auto column : table.key) {
    if (!omitted.test(column)) list += column_name(table, column) + ", ";
  }
  return copy(stage, list + std::string(kPlaceColumn), table.binary);
}

std::string number_keys(const TablePlan& table, const std::string& stage, std::optional<std::size_t> sequence) {
  const auto rank = [&](std::size_t but) {
    std::string nulls;
    for (const auto column : table.key) {
      if (table.key_rules.nulls_equal || column == but) continue;
      // Of a composite value IS NULL asks for its fields.
      nulls += (nulls.empty() ? "" : " OR ") + column_name(table, column) + " IS NOT DISTINCT FROM NULL";
    }
    const std::string order = key_order(table, but);
    const std::string number = "dense_rank() OVER (" + (order.empty() ? "" : "ORDER BY " + order) + ")";
    return nulls.empty() ? number : "CASE WHEN " + nulls + " THEN NULL ELSE " + number + " END";
  };
  return "SELECT " + std::string(kPlaceColumn) + ", " + rank(kNone) + ", " + (sequence ? rank(*sequence) : "NULL") +
         " FROM " + stage;
}

std::string surplus_stage_relation(std::size_t surplus) { return "loom_lengths_" + std::to_string(surplus); }
std::string surplus_stage_name(std::size_t surplus) { return "pg_temp." + surplus_stage_relation(surplus); }

std::string create_surplus_stage(const TablePlan& table, const std::string& stage) {
  return "CREATE TEMP TABLE " + stage + " ON COMMIT DROP AS SELECT " + key_columns(table) + " FROM " +
         table.name.quoted() + " WITH NO DATA";
}

std::string copy_lengths(const TablePlan& table, const std::string& stage) {
  return copy(stage, key_columns(table), table.binary);
}

std::string delete_surplus(const TablePlan& table, const std::string& stage, std::size_t sequence) {
  const std::string column = column_name(table, sequence);
  const std::string same_list = same_key(table, "t", "s", sequence);
  return "DELETE FROM " + table.name.quoted() + " AS t USING " + stage + " AS s WHERE " +
         (same_list.empty() ? "" : same_list + " AND ") + "t." + column + " >= s." + column;
}

std::string removal_stage_relation(std::size_t table) { return "loom_removals_" + std::to_string(table); }
std::string removal_stage_name(std::size_t table) { return "pg_temp." + removal_stage_relation(table); }

std::string create_removal_stage(const TablePlan& table, const std::string& stage) {
  return "CREATE TEMP TABLE " + stage + " ON COMMIT DROP AS SELECT " + removal_columns(table) + " FROM " +
         table.name.quoted() + " WITH NO DATA";
}

std::string copy_removals(const TablePlan& table, const std::string& stage) {
  return copy(stage, removal_columns(table), table.binary);
}

std::string remove_rows(const TablePlan& table, const std::string& stage) {
  const std::string name = table.name.quoted() + " AS t ";
  std::string where = " AS s WHERE " + same_removed(table, "t", "s");
  if (table.version) where += " AND " + not_newer(table, "t", "s");
  if (!table.deleted_at) return "DELETE FROM " + name + "USING " + stage + where;
  const std::string mark = column_name(table, *table.deleted_at);
  std::string set = "SET " + mark + " = s." + mark;
  if (table.version) set += fmt::format(", {0} = s.{0}", column_name(table, *table.version));
  return "UPDATE " + name + set + " FROM " + stage + where;
}

std::string empty_tables(const std::vector<const TablePlan*>& tables) {
  std::string out;
  if (const TablePlan& own = *tables.front(); own.deleted_at) {
    const std::string mark = column_name(own, *own.deleted_at);
    return "UPDATE " + own.name.quoted() + " SET " + mark + " = now() WHERE " + mark + " IS NULL";
  }
  for (const TablePlan* table : tables) out += (out.empty() ? "TRUNCATE " : ", ") + table->name.quoted();
  return out;
}

bool overwrites(const TablePlan& table, const encode::ColumnBits& set) {
  if (table.conflict_strategy == ConflictStrategy::ignore) return false;
  return !overwritten(table, set).empty();
}

std::string merge_stage(const TablePlan& table, const std::string& stage, const encode::ColumnBits& omitted,
                        const encode::ColumnBits& set) {
  const std::string list = columns(table, omitted);
  const std::string key = key_columns(table);
  // Sorted, so that two replicas that meet the same keys lock them in the same order.
  std::string out = "INSERT INTO " + table.name.quoted() + " AS target (" + list + ") " +
                    (table.gives_identity ? "OVERRIDING SYSTEM VALUE " : "") + "SELECT " + list + " FROM " + stage +
                    " ORDER BY " + key_order(table) + " ON CONFLICT (" + key + ") DO ";
  if (!overwrites(table, set)) return out + "NOTHING";
  const auto columns_set = overwritten(table, set);
  out += "UPDATE SET " + assignments(table, columns_set, omitted);
  const bool has_default = std::any_of(columns_set.begin(), columns_set.end(),
                                       [&omitted](std::size_t column) { return omitted.test(column); });
  std::string where = table.version ? not_newer(table, "target", "EXCLUDED") : "";
  if (table.same_row_may_stay && !has_default) where += (where.empty() ? "" : " AND ") + differs(table, columns_set);
  return where.empty() ? out : out + " WHERE " + where;
}

std::string present_keys(const TablePlan& table, const std::string& stage, const std::string& bounds) {
  return "SELECT s." + std::string(kPlaceColumn) + " FROM " + stage + " s, LATERAL (SELECT 1 FROM " +
         table.name.quoted() + " t WHERE " + same_key(table, "t", "s") + bounds + " LIMIT 1) found ORDER BY 1";
}

std::string require_rows(const TablePlan& table, const std::string& stage, const std::string& bounds) {
  return "DO $require$ BEGIN IF EXISTS (SELECT 1 FROM " + stage + " s WHERE NOT EXISTS (SELECT 1 FROM " +
         (table.has_heirs ? "ONLY " : "") + table.name.quoted() + " t WHERE " + same_key(table, "t", "s") + bounds +
         ")) THEN RAISE EXCEPTION 'the event changes a row that is not there, and does not tell all of it' "
         "USING DETAIL = 'the event that made it is a dead letter, or was not read'; END IF; END $require$";
}

std::string find_conflict(const TablePlan& table, const std::string& stage, const std::string& bounds) {
  // LATERAL with a LIMIT of its own is looked up row by row through the index, whatever the planner believes of a
  // staging table that it has no statistics of.
  return "SELECT 1 FROM " + stage + " s, LATERAL (SELECT 1 FROM " + table.name.quoted() + " t WHERE " +
         same_key(table, "t", "s") + bounds + " LIMIT 1) found LIMIT 1";
}

}  // namespace loom::sink::statements
