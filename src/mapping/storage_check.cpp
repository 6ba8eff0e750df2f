#include "mapping/storage_check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/similar.h"
#include "mapping/built_in_types.h"

namespace loom::mapping {
namespace {

bool is_time(const ColumnInfo& column) {
  if (column.is_array) return false;
  return column.type == ColumnType::timestamptz || column.type == ColumnType::timestamp ||
         column.type == ColumnType::date;
}

bool is_integer(const ColumnInfo& column) {
  if (column.is_array) return false;
  return column.type == ColumnType::int2 || column.type == ColumnType::int4 || column.type == ColumnType::int8;
}

/// What one of the two keys asks of its table.
class StorageCheck {
 public:
  StorageCheck(const Place& place, TableInfo& table, Findings& findings)
      : place_(place), table_(table), findings_(findings) {}

  /// nullptr, with an error, when the table has no such column.
  ColumnInfo* column(const std::string& key, const std::string& name) {
    for (ColumnInfo& column : table_.columns) {
      if (column.name == name) return &column;
    }
    std::vector<std::string> names;
    for (const ColumnInfo& column : table_.columns) names.push_back(column.name);
    findings_.error(place_.inside(key, 0), "no column `" + name + "` of `" + table_.name.display() + "` is mapped; " +
                                               did_you_mean(name, names) + "it has: " + joined(names));
    return nullptr;
  }

  /// `integers`: whether a column of integers will do.
  ColumnInfo* time(const std::string& name, bool integers) {
    ColumnInfo* const time = column("time", name);
    if (time == nullptr) return nullptr;
    time->not_null = true;
    if (is_time(*time) || (integers && is_integer(*time))) return time;
    findings_.error(place_.inside("time", 0), "column `" + name + "` is " + type_sql(*time) +
                                                  ", and a table is divided by a time: give it `timestamp` or `date` "
                                                  "in data_types");
    return nullptr;
  }

  /// Each unique index has to have the column in it, since each chunk or partition has an index of its own.
  void in_keys(const std::string& name, const char* who) {
    for (const UniqueIndex& index : table_.unique_indexes) {
      if (std::find(index.columns.begin(), index.columns.end(), name) != index.columns.end()) continue;
      findings_.error(place_, "the key of `" + table_.name.display() + "` (" + joined(index.columns) + ") lacks `" +
                                  name + "`, which " + who +
                                  " asks of each unique key of a table that is divided by it: add it to upsert_key");
    }
  }

  void length(const std::string& key, const std::optional<TimeLength>& length, const ColumnInfo& time) {
    if (!length || is_integer(time) == (length->unit == TimeUnit::number)) return;
    findings_.error(
        place_.inside(key, 0),
        "is `" + length->text() + "`, and column `" + time.name + "` is " + type_sql(time) +
            (is_integer(time) ? ": a whole number of its units is accepted" : ": it needs a unit, like `7 days`"));
  }

 private:
  const Place place_;
  TableInfo& table_;
  Findings& findings_;
};

void check(const Hypertable& hypertable, StorageCheck&& table) {
  if (const ColumnInfo* const time = table.time(hypertable.time, true)) {
    table.length("chunk", hypertable.chunk, *time);
    table.length("compress_after", hypertable.compress_after, *time);
    table.length("retain", hypertable.retain, *time);
    table.in_keys(hypertable.time, "TimescaleDB");
  }
  if (!hypertable.space.empty() && table.column("space", hypertable.space) != nullptr) {
    table.in_keys(hypertable.space, "TimescaleDB");
  }
  for (const std::string& name : hypertable.segment_by) table.column("segment_by", name);
  for (const OrderColumn& order : hypertable.order_by) table.column("order_by", order.column);
}

}  // namespace

void check_storage(const TopicMapping& topic, TableInfo& table, Findings& findings) {
  const auto& [hypertable, partition] = topic.storage;
  if (hypertable) check(*hypertable, StorageCheck(place_of(topic, "hypertable"), table, findings));
  if (!partition) return;
  StorageCheck of_partition(place_of(topic, "partition"), table, findings);
  const ColumnInfo* const time = table.find(partition->time);
  // Of an integer column it was only told that TimescaleDB takes it.
  const bool told_already =
      hypertable && hypertable->time == partition->time && (time == nullptr || !is_integer(*time));
  if (!told_already && of_partition.time(partition->time, false) != nullptr) {
    of_partition.in_keys(partition->time, "PostgreSQL");
  }
}

}  // namespace loom::mapping
