#include "schema/hypertables.h"

#include <fmt/format.h>

#include <optional>

namespace loom::schema {
namespace {

using mapping::Hypertable;
using mapping::quote_identifier;
using mapping::TableName;

/// A hypertable as TimescaleDB's views have it, beside what is wanted of it.
/// Source: https://docs.timescale.com/api/latest/informational-views/
struct State {
  bool exists = false;
  std::string time;
  std::string chunk;        ///< for people
  bool same_chunk = false;  ///< as it is wanted
  std::string space;
  int partitions = 0;
  bool compresses = false;
  std::string segment_by;                     ///< `"a","b"`, in order
  std::string order_by;                       ///< `"a" DESC,"b"`, in order
  std::optional<std::string> compress_after;  ///< of the policy
  bool same_compress_after = false;
  std::optional<std::string> retain;  ///< of the policy
  bool same_retain = false;
};

std::string regclass(pqxx::transaction_base& tx, const TableName& table) {
  return "to_regclass(" + tx.quote(table.quoted()) + ")";
}

/// The rows of one of TimescaleDB's views that are about the table.
std::string of_table(pqxx::transaction_base& tx, const TableName& table) {
  return "(hypertable_schema, hypertable_name) = (SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON "
         "n.oid = c.relnamespace WHERE c.oid = " +
         regclass(tx, table) + ")";
}

std::string sql_or_null(const std::optional<mapping::TimeLength>& length) {
  return length && length->unit != mapping::TimeUnit::number ? length->sql() : "NULL::interval";
}

void read_dimensions(pqxx::transaction_base& tx, const TableName& table, const Hypertable& wanted, State& state) {
  const bool by_number = wanted.chunk && wanted.chunk->unit == mapping::TimeUnit::number;
  const std::string same =
      by_number ? "integer_interval = " + wanted.chunk->sql() : "time_interval = " + sql_or_null(wanted.chunk);
  for (const auto& row :
       tx.exec("SELECT dimension_type = 'Time', column_name, "
               "coalesce(time_interval::text, integer_interval::text, ''), coalesce(" +
               same + ", false), coalesce(num_partitions, 0) FROM timescaledb_information.dimensions WHERE " +
               of_table(tx, table) + " ORDER BY dimension_number")) {
    if (row[0].as<bool>()) {
      state.exists = true;
      state.time = row[1].as<std::string>();
      state.chunk = row[2].as<std::string>();
      state.same_chunk = row[3].as<bool>() || !wanted.chunk;
    } else {
      state.space = row[1].as<std::string>();
      state.partitions = row[4].as<int>();
    }
  }
}

void read_policies(pqxx::transaction_base& tx, const TableName& table, const Hypertable& wanted, State& state) {
  for (const auto& row :
       tx.exec("SELECT proc_name, coalesce(config ->> 'drop_after', config ->> 'compress_after', ''), "
               "coalesce(CASE WHEN proc_name = 'policy_retention' THEN (config ->> "
               "'drop_after')::interval = " +
               sql_or_null(wanted.retain) +
               " ELSE (config ->> 'compress_after')::interval = " + sql_or_null(wanted.compress_after) +
               " END, false) FROM timescaledb_information.jobs WHERE proc_name IN ('policy_retention', "
               "'policy_compression') AND " +
               of_table(tx, table))) {
    const bool retains = row[0].as<std::string>() == "policy_retention";
    (retains ? state.retain : state.compress_after) = row[1].as<std::string>();
    (retains ? state.same_retain : state.same_compress_after) = row[2].as<bool>();
  }
}

void read_compression(pqxx::transaction_base& tx, const TableName& table, State& state) {
  for (const auto& row : tx.exec("SELECT attname, segmentby_column_index IS NOT NULL, orderby_asc FROM "
                                 "timescaledb_information.compression_settings WHERE " +
                                 of_table(tx, table) + " ORDER BY segmentby_column_index, orderby_column_index")) {
    state.compresses = true;
    std::string& list = row[1].as<bool>() ? state.segment_by : state.order_by;
    list += (list.empty() ? "" : ",") + quote_identifier(row[0].as<std::string>());
    if (!row[1].as<bool>() && !row[2].as<bool>()) list += " DESC";
  }
}

State read_state(pqxx::transaction_base& tx, const TableName& table, const Hypertable& wanted,
                 const TimescaleDb& timescale) {
  State state;
  if (!timescale.is_there()) return state;
  read_dimensions(tx, table, wanted, state);
  if (!state.exists || !timescale.has_policies) return state;
  read_policies(tx, table, wanted, state);
  if (wanted.compress_after) read_compression(tx, table, state);
  return state;
}

std::string segment_list(const Hypertable& wanted) {
  std::string list;
  for (const std::string& name : wanted.segment_by) list += (list.empty() ? "" : ",") + quote_identifier(name);
  return list;
}

std::string order_list(const Hypertable& wanted) {
  std::string list;
  for (const mapping::OrderColumn& order : wanted.order_by) {
    list += (list.empty() ? "" : ",") + quote_identifier(order.column) + (order.descending ? " DESC" : "");
  }
  return list;
}

bool compresses_as_wanted(const State& state, const Hypertable& wanted) {
  if (!state.compresses || state.segment_by != segment_list(wanted)) return false;
  return wanted.order_by.empty() || state.order_by == order_list(wanted);
}

/// As standard_conforming_strings has it.
std::string literal(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result.append(c == '\'' ? 2 : 1, c);
  result += '\'';
  return result;
}

/// The call that makes the table a hypertable, without its closing parenthesis.
std::string create_call(const TableName& table, const Hypertable& wanted) {
  std::string sql = "create_hypertable(" + literal(table.quoted()) + ", " + literal(wanted.time);
  if (wanted.chunk) sql += ", chunk_time_interval => " + wanted.chunk->sql();
  if (!wanted.space.empty()) {
    sql += ", partitioning_column => " + literal(wanted.space) + ", number_partitions => " +
           std::to_string(wanted.partitions);
  }
  return sql;
}

/// Why the table cannot be divided by this column; empty: it can.
std::string obstacle_of(pqxx::transaction_base& tx, const std::string& oid, const std::string& column) {
  const auto found =
      tx.exec("SELECT attnum FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attrelid = " + oid +
              " AND attname = " + tx.quote(column));
  if (found.empty()) return "it has no column `" + column + "`";
  const auto lacking =
      tx.exec("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = " + oid + " AND indisunique AND NOT " +
              found[0][0].as<std::string>() + " = ANY (indkey::int2[]) LIMIT 1");
  if (lacking.empty()) return {};
  return "its unique index " + lacking[0][0].as<std::string>() + " lacks the column `" + column +
         "`, which TimescaleDB asks of each: make it anew with this column, or drop it";
}

/// Why a table that is there cannot be made a hypertable now; empty: nothing that is known beforehand.
std::string obstacle(pqxx::transaction_base& tx, const TableName& table, const Hypertable& wanted) {
  const std::string oid = regclass(tx, table);
  if (!tx.exec("SELECT relkind = 'r' FROM pg_class WHERE oid = " + oid)[0][0].as<bool>()) {
    return "it is no plain table; only one of these becomes a hypertable";
  }
  for (const std::string& column : {wanted.time, wanted.space}) {
    if (column.empty()) continue;
    if (std::string why = obstacle_of(tx, oid, column); !why.empty()) return why;
  }
  if (!tx.exec("SELECT EXISTS (SELECT FROM " + table.quoted() + ")")[0][0].as<bool>()) return {};
  return "it has rows already. SELECT " + create_call(table, wanted) +
         ", migrate_data => true) moves them, and nobody writes to the table meanwhile";
}

void set_chunk(pqxx::transaction_base& tx, const TableName& table, const Hypertable& wanted, const State& state,
               const TimescaleDb& timescale, StorageNotes& notes) {
  if (state.same_chunk) return;
  tx.exec("SELECT " + timescale.schema + ".set_chunk_time_interval(" + regclass(tx, table) + ", " +
          wanted.chunk->sql() + ")");
  notes.done.push_back(fmt::format("{}: chunks of {} from now on, and no longer of {}", table.display(),
                                   wanted.chunk->text(), state.chunk));
}

void set_retention(pqxx::transaction_base& tx, const TableName& table, const Hypertable& wanted, const State& state,
                   const TimescaleDb& timescale, StorageNotes& notes) {
  if (!wanted.retain || state.same_retain) return;
  if (state.retain) tx.exec("SELECT " + timescale.schema + ".remove_retention_policy(" + regclass(tx, table) + ")");
  tx.exec("SELECT " + timescale.schema + ".add_retention_policy(" + regclass(tx, table) + ", " + wanted.retain->sql() +
          ")");
  notes.done.push_back(fmt::format("{}: a policy drops rows after {}", table.display(), wanted.retain->text()));
}

void set_compression(pqxx::transaction_base& tx, const TableName& table, const Hypertable& wanted, const State& state,
                     const TimescaleDb& timescale, StorageNotes& notes) {
  if (!wanted.compress_after) return;
  if (!compresses_as_wanted(state, wanted)) {
    std::string options = "timescaledb.compress";
    options += ", timescaledb.compress_segmentby = " + tx.quote(segment_list(wanted));
    if (!wanted.order_by.empty()) options += ", timescaledb.compress_orderby = " + tx.quote(order_list(wanted));
    tx.exec("ALTER TABLE " + table.quoted() + " SET (" + options + ")");
  }
  if (state.same_compress_after) return;
  if (state.compress_after) {
    tx.exec("SELECT " + timescale.schema + ".remove_compression_policy(" + regclass(tx, table) + ")");
  }
  tx.exec("SELECT " + timescale.schema + ".add_compression_policy(" + regclass(tx, table) + ", " +
          wanted.compress_after->sql() + ")");
  notes.done.push_back(
      fmt::format("{}: a policy compresses chunks after {}", table.display(), wanted.compress_after->text()));
}

/// What cannot be changed of a hypertable that is there.
std::vector<std::string> fixed_differences(const State& state, const Hypertable& wanted) {
  std::vector<std::string> found;
  if (state.time != wanted.time) {
    found.push_back(fmt::format("is divided by `{}`, and the mapping says `{}`", state.time, wanted.time));
  }
  if (state.space != wanted.space || state.partitions != wanted.partitions) {
    const auto says = [](const std::string& space, int partitions) {
      return space.empty() ? std::string("by no column beside the time")
                           : fmt::format("by `{}` in {}", space, partitions);
    };
    found.push_back(fmt::format("is divided {}, and the mapping says {}", says(state.space, state.partitions),
                                says(wanted.space, wanted.partitions)));
  }
  return found;
}

}  // namespace

TimescaleDb timescaledb_of(pqxx::transaction_base& tx) {
  const auto row = tx.exec(
      "SELECT coalesce((SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = "
      "e.extnamespace WHERE e.extname = 'timescaledb'), ''), coalesce(current_setting('timescaledb.license', true), "
      "'') = 'timescale', EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')")[0];
  return {.schema = row[0].as<std::string>(), .has_policies = row[1].as<bool>(), .is_available = row[2].as<bool>()};
}

std::string lack_of_timescaledb(const std::vector<std::string>& tables, const TimescaleDb& timescale) {
  if (tables.empty()) return {};
  return fmt::format(
      "this database is without TimescaleDB ({}), so tables with `hypertable` and without `partition` are plain ones: "
      "{}",
      timescale.is_available ? "CREATE EXTENSION timescaledb has not been run in it"
                             : "the extension is not installed on its server",
      fmt::join(tables, ", "));
}

std::string lack_of_compression(const std::vector<std::string>& tables) {
  if (tables.empty()) return {};
  return fmt::format(
      "this TimescaleDB is of the Apache 2 edition, which compresses nothing; the Community edition does. Left as they "
      "are: {}",
      fmt::join(tables, ", "));
}

bool is_without_retention(pqxx::transaction_base& tx, const TableName& table, const TimescaleDb& timescale) {
  return timescale.is_there() &&
         tx.exec(
               "SELECT EXISTS (SELECT FROM timescaledb_information.hypertables WHERE " + of_table(tx, table) +
               ") AND NOT EXISTS (SELECT FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention' AND " +
               of_table(tx, table) + ")")[0][0]
             .as<bool>();
}

void make_hypertable(pqxx::transaction_base& tx, const mapping::TableDefinition& definition,
                     const TimescaleDb& timescale, StorageNotes& notes) {
  const TableName& table = definition.table.name;
  const Hypertable& wanted = *definition.storage.hypertable;
  State state = read_state(tx, table, wanted, timescale);
  if (!state.exists) {
    if (const std::string why = obstacle(tx, table, wanted); !why.empty()) {
      notes.warnings.push_back(table.display() + " does not become a hypertable: " + why);
      return;
    }
    tx.exec("SELECT " + timescale.schema + "." + create_call(table, wanted) + ")");
    state = read_state(tx, table, wanted, timescale);
    notes.done.push_back(fmt::format("{}: a hypertable, by `{}` in chunks of {}", table.display(), wanted.time,
                                     wanted.chunk ? wanted.chunk->text() : state.chunk));
  }
  for (const std::string& difference : fixed_differences(state, wanted)) {
    notes.warnings.push_back(table.display() + " " + difference + ", which cannot be changed of a table that is there");
  }
  if (state.time != wanted.time) return;
  set_chunk(tx, table, wanted, state, timescale, notes);
  if (timescale.has_policies) {
    set_compression(tx, table, wanted, state, timescale, notes);
    set_retention(tx, table, wanted, state, timescale, notes);
  } else if (wanted.compress_after) {
    notes.uncompressed.push_back(table.display());
  }
}

std::vector<std::string> differences(pqxx::transaction_base& tx, const TableName& table, const Hypertable& wanted,
                                     const TimescaleDb& timescale) {
  const State state = read_state(tx, table, wanted, timescale);
  if (!state.exists) {
    const std::string why = obstacle(tx, table, wanted);
    return {"is a plain table, and no hypertable: " +
            (why.empty() ? std::string("create-tables makes it one, since it has no rows") : why)};
  }
  std::vector<std::string> found = fixed_differences(state, wanted);
  constexpr const char* kSets = "; create-tables sets it";
  if (!state.same_chunk) {
    found.push_back(
        fmt::format("has chunks of {}, and the mapping says {}{}", state.chunk, wanted.chunk->text(), kSets));
  }
  const auto policy = [&](const char* does, const auto& asked, bool same, const std::optional<std::string>& there) {
    if (!asked || same) return;
    found.push_back(fmt::format("{} after {}, and the mapping says {}{}", does, there.value_or("no time at all"),
                                asked->text(), kSets));
  };
  if (!timescale.has_policies) return found;
  policy("drops rows", wanted.retain, state.same_retain, state.retain);
  policy("compresses chunks", wanted.compress_after, state.same_compress_after, state.compress_after);
  if (wanted.compress_after && !compresses_as_wanted(state, wanted)) {
    found.push_back(fmt::format("is compressed by ({}) in order of ({}), and the mapping says ({}) and ({}){}",
                                state.segment_by, state.order_by, segment_list(wanted), order_list(wanted), kSets));
  }
  return found;
}

int drop_old_chunks(pqxx::transaction_base& tx, const TableName& table, const mapping::TimeLength& retain,
                    const TimescaleDb& timescale) {
  return tx
      .exec("SELECT count(*) FROM " + timescale.schema + ".drop_chunks(" + regclass(tx, table) + ", older_than => " +
            retain.sql() + ")")[0][0]
      .as<int>();
}

std::string hypertable_script(const mapping::TableDefinition& definition) {
  return "DO $hypertable$ BEGIN\n    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN\n        "
         "PERFORM " +
         create_call(definition.table.name, *definition.storage.hypertable) +
         ", if_not_exists => true);\n    END IF;\nEND $hypertable$;\n";
}

}  // namespace loom::schema
