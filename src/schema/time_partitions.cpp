#include "schema/time_partitions.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "mapping/table_names.h"

namespace loom::schema {
namespace {

using mapping::kMaxNameBytes;
using mapping::quote_identifier;
using mapping::TableName;
using mapping::TimePartitions;
using mapping::TimeUnit;

// The next time does the next.
constexpr int kPeriodsAtATime = 100;
// While rows move nobody writes others to the DEFAULT partition: this many take a second or two.
constexpr std::int64_t kMostMoved = 500'000;
constexpr int kDroppedAtATime = 50;
constexpr int kRowsAtATime = 50'000;

/// How many periods ahead there are partitions, and back in a new table: for as long as nobody may look after them, and
/// for the week that Kafka keeps messages by default.
int periods_around(TimeUnit by) {
  switch (by) {
    case TimeUnit::hour:
      return 48;
    case TimeUnit::week:
      return 4;
    case TimeUnit::month:
      return 3;
    default:
      return 7;
  }
}

const char* name_format(TimeUnit by) {
  switch (by) {
    case TimeUnit::hour:
      return "YYYYMMDD_HH24";
    case TimeUnit::month:
      return "YYYYMM";
    default:
      return "YYYYMMDD";
  }
}

std::uint32_t hash_of(const std::string& text) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

/// The table's name with this at its end. One that would be too long is cut and told apart by a hash.
std::string partition_name(const std::string& table, const std::string& end) {
  if (table.size() + end.size() <= kMaxNameBytes) return table + end;
  const std::string mark = fmt::format("_{:08x}", hash_of(table));
  std::size_t keep = kMaxNameBytes - end.size() - mark.size();
  while (keep > 0 && (static_cast<unsigned char>(table[keep]) & 0xC0U) == 0x80U) --keep;  // no half letter
  return table.substr(0, keep) + mark + end;
}

/// A partitioned table at work.
class Partitioned {
 public:
  Partitioned(pqxx::transaction_base& tx, const TableName& table, const TimePartitions& wanted)
      : tx_(tx), wanted_(wanted), time_(quote_identifier(wanted.time)) {
    // date_trunc() and bounds without a zone mean UTC from here on.
    tx.exec("SET LOCAL TimeZone = 'UTC'");
    const auto row = tx.exec(
        "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = "
        "c.relnamespace WHERE c.oid = to_regclass(" +
        tx.quote(table.quoted()) + ")")[0];
    oid_ = row[0].as<std::string>();
    name_ = {row[1].as<std::string>(), row[2].as<std::string>()};
    find_default();
  }

  [[nodiscard]] bool has_default() const { return default_.has_value(); }
  void make_default() {
    const TableName name{name_.schema, partition_name(name_.name, "_default")};
    tx_.exec("CREATE TABLE " + name.quoted() + " PARTITION OF " + name_.quoted() + " DEFAULT");
    default_ = name;
  }
  MadePartitions make_missing(Periods periods);
  int drop_old();
  std::int64_t delete_old_of_default();

 private:
  struct Period {
    std::string from;
    std::string to;
    std::string label;
    std::int64_t rows = 0;  ///< that lie in the DEFAULT partition
  };

  void find_default() {
    for (const auto& row : tx_.exec("SELECT n.nspname, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = "
                                    "i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.inhparent = " +
                                    oid_ + " AND pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT'")) {
      default_ = TableName{row[0].as<std::string>(), row[1].as<std::string>()};
    }
  }
  /// A query for each partition's name and bounds; those without an end are infinite.
  [[nodiscard]] std::string bounds() const {
    return "SELECT nspname, relname, coalesce(substring(b FROM $$FROM \\('([^']*)'\\)$$), '-infinity')::timestamp AS "
           "lower, coalesce(substring(b FROM $$TO \\('([^']*)'\\)$$), 'infinity')::timestamp AS upper FROM (SELECT "
           "n.nspname, c.relname, pg_get_expr(c.relpartbound, c.oid) AS b FROM pg_inherits i JOIN pg_class c ON c.oid "
           "= i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.inhparent = " +
           oid_ + ") p WHERE b <> 'DEFAULT'";
  }
  [[nodiscard]] std::vector<Period> missing(Periods periods) const;
  void make(const Period& period);
  [[nodiscard]] std::string columns() const;
  [[nodiscard]] std::string oldest() const { return "(now() - " + wanted_.retain->sql() + ")::timestamp"; }

  pqxx::transaction_base& tx_;
  const TimePartitions& wanted_;
  const std::string time_;
  std::string oid_;
  TableName name_;
  std::optional<TableName> default_;
};

std::vector<Partitioned::Period> Partitioned::missing(Periods periods) const {
  const std::string unit = std::string(to_string(wanted_.by));
  const std::string step = "INTERVAL '1 " + unit + "'";
  const int around = periods_around(wanted_.by);
  const std::string here = "date_trunc('" + unit + "', now()::timestamp)";
  const int back = periods == Periods::of_new_table ? around : 0;
  std::string wanted = fmt::format(
      "SELECT p AS lower, 0 AS rows, true AS near FROM generate_series({0} - {1} * {2}, {0} + {3} * {2}, {2}) p", here,
      back, step, around);
  if (default_) {
    // A clock that stands at 1970 or runs years ahead gets no partition of its own.
    const std::string from = wanted_.retain ? oldest() : "now()::timestamp - INTERVAL '10 years'";
    wanted += fmt::format(
        " UNION ALL SELECT date_trunc('{0}', {1}::timestamp), count(*), false FROM ONLY {2} WHERE {1}::timestamp >= "
        "{3} AND {1}::timestamp < now()::timestamp + INTERVAL '1 year' GROUP BY 1",
        unit, time_, default_->quoted(), from);
  }
  std::vector<Period> found;
  for (const auto& row : tx_.exec(fmt::format(
           "WITH there AS ({0}), wanted AS (SELECT lower, sum(rows) AS rows, bool_or(near) AS near FROM ({1}) w GROUP "
           "BY lower) SELECT lower::text, (lower + {2})::text, to_char(lower, '{3}'), rows FROM wanted w WHERE NOT "
           "EXISTS (SELECT FROM there t WHERE t.lower < w.lower + {2} AND t.upper > w.lower) ORDER BY near DESC, lower "
           "LIMIT {4}",
           bounds(), wanted, step, name_format(wanted_.by), kPeriodsAtATime))) {
    found.push_back({.from = row[0].as<std::string>(),
                     .to = row[1].as<std::string>(),
                     .label = row[2].as<std::string>(),
                     .rows = row[3].as<std::int64_t>()});
  }
  return found;
}

/// Those that can be written, quoted.
std::string Partitioned::columns() const {
  std::string list;
  for (const auto& row : tx_.exec("SELECT attname FROM pg_attribute WHERE attrelid = " + oid_ +
                                  " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum")) {
    list += (list.empty() ? "" : ", ") + quote_identifier(row[0].as<std::string>());
  }
  return list;
}

/// As a table that is attached: unlike CREATE TABLE ... PARTITION OF this leaves those alone who write to the others.
void Partitioned::make(const Period& period) {
  const TableName name{name_.schema, partition_name(name_.name, "_p" + period.label)};
  const std::string from = tx_.quote(period.from);
  const std::string to = tx_.quote(period.to);
  tx_.exec("CREATE TABLE " + name.quoted() + " (LIKE " + name_.quoted() +
           " INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE)");
  if (period.rows > 0) {
    tx_.exec("LOCK TABLE " + default_->quoted() + " IN ACCESS EXCLUSIVE MODE");
    const std::string list = columns();
    tx_.exec("WITH moved AS (DELETE FROM ONLY " + default_->quoted() + " WHERE " + time_ + " >= " + from + " AND " +
             time_ + " < " + to + " RETURNING " + list + ") INSERT INTO " + name.quoted() + " (" + list +
             ") OVERRIDING SYSTEM VALUE SELECT " + list + " FROM moved");
  }
  tx_.exec("ALTER TABLE " + name_.quoted() + " ATTACH PARTITION " + name.quoted() + " FOR VALUES FROM (" + from +
           ") TO (" + to + ")");
}

MadePartitions Partitioned::make_missing(Periods periods) {
  MadePartitions result;
  for (const Period& period : missing(periods)) {
    if (period.rows > kMostMoved) {
      result.too_many_rows.push_back(period.from);
      continue;
    }
    make(period);
    ++result.partitions;
  }
  return result;
}

int Partitioned::drop_old() {
  int dropped = 0;
  for (const auto& row : tx_.exec("SELECT nspname, relname FROM (" + bounds() + ") b WHERE upper <= " + oldest() +
                                  " ORDER BY upper LIMIT " + std::to_string(kDroppedAtATime))) {
    tx_.exec("DROP TABLE " + TableName{row[0].as<std::string>(), row[1].as<std::string>()}.quoted());
    ++dropped;
  }
  return dropped;
}

std::int64_t Partitioned::delete_old_of_default() {
  if (!default_) return 0;
  const std::string& quoted = default_->quoted();
  return tx_
      .exec("DELETE FROM ONLY " + quoted + " WHERE ctid = ANY (ARRAY (SELECT ctid FROM ONLY " + quoted + " WHERE " +
            time_ + "::timestamp < " + oldest() + " LIMIT " + std::to_string(kRowsAtATime) + "))")
      .affected_rows();
}

}  // namespace

std::string obstacle_to_partitions(pqxx::transaction_base& tx, const TableName& table, const TimePartitions& wanted) {
  const auto rows =
      tx.exec("SELECT coalesce(p.partstrat = 'r' AND p.partnatts = 1 AND a.attname = " + tx.quote(wanted.time) +
              ", false), pg_get_partkeydef(p.partrelid) FROM pg_partitioned_table p LEFT JOIN pg_attribute a ON "
              "a.attrelid = p.partrelid AND a.attnum = p.partattrs[0] WHERE p.partrelid = to_regclass(" +
              tx.quote(table.quoted()) + ")");
  if (rows.empty()) {
    return "it is there already, without partitions, and PostgreSQL cannot give it some: rename it, run create-tables, "
           "and copy its rows";
  }
  if (rows[0][0].as<bool>()) return {};
  return "it is divided by " + rows[0][1].as<std::string>() + ", and the mapping says RANGE (" +
         quote_identifier(wanted.time) + ")";
}

MadePartitions make_partitions(pqxx::transaction_base& tx, const TableName& table, const TimePartitions& wanted,
                               Periods periods) {
  Partitioned partitioned(tx, table, wanted);
  if (wanted.catch_all && !partitioned.has_default()) partitioned.make_default();
  return partitioned.make_missing(periods);
}

DroppedPartitions drop_old_partitions(pqxx::transaction_base& tx, const TableName& table,
                                      const TimePartitions& wanted) {
  if (!wanted.retain) return {};
  Partitioned partitioned(tx, table, wanted);
  return {.partitions = partitioned.drop_old(), .rows = partitioned.delete_old_of_default()};
}

}  // namespace loom::schema
