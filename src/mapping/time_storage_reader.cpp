#include "mapping/time_storage_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "mapping/choices.h"
#include "mapping/draft.h"
#include "mapping/table_names.h"
#include "mapping/unknown_key.h"

namespace loom::mapping {
namespace {

constexpr Choices<TimeUnit, 4> kPartitionUnits(
    {{{"day", TimeUnit::day}, {"hour", TimeUnit::hour}, {"week", TimeUnit::week}, {"month", TimeUnit::month}}});
/// Whether the last come first.
constexpr Choices<bool, 2> kDirections({{{"asc", false}, {"desc", true}}});
constexpr int kMostSpacePartitions = 32'767;  // TimescaleDB's own limit: a smallint

std::string column_of(const Entry& entry, const Place& place, Findings& findings) {
  std::string name = text_of(entry.value, place, findings).value_or("");
  if (!name.empty()) {
    check_column_name(name, place, findings);
  } else if (entry.value.IsNull() || entry.value.IsScalar()) {
    findings.error(place, "is empty; it takes a column's name");
  }
  return name;
}

std::vector<std::string> columns_of(const Entry& entry, const Place& place, Findings& findings) {
  std::vector<std::string> names = names_of(entry.value, place, findings);
  for (const auto& name : names) check_column_name(name, place, findings);
  return names;
}

/// `numbers`: whether a number without a unit will do.
std::optional<TimeLength> length_of(const Entry& entry, bool numbers, const Place& place, Findings& findings) {
  const auto text = text_of(entry.value, place, findings);
  if (!text) {
    if (entry.value.IsNull()) findings.error(place, "is empty; it takes a length of time, like `7 days`");
    return std::nullopt;
  }
  const auto length = parse_time_length(*text);
  if (length && (numbers || length->unit != TimeUnit::number)) return length;
  findings.error(place, "is `" + *text +
                            "`; accepted: a whole number from 1 and a unit (second, minute, hour, day, week, month, "
                            "year), like `7 days`" +
                            (numbers ? ", or the number alone for a time column of integers" : ""));
  return std::nullopt;
}

int partitions_of(const Entry& entry, const Place& place, Findings& findings) {
  const auto text = text_of(entry.value, place, findings).value_or("");
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size() && count >= 1 && count <= kMostSpacePartitions) {
    return count;
  }
  findings.error(place,
                 "is `" + text + "`; accepted: a whole number from 1 to " + std::to_string(kMostSpacePartitions));
  return 0;
}

/// `time`, `time DESC`, as in ORDER BY.
std::vector<OrderColumn> order_of(const Entry& entry, const Place& place, Findings& findings) {
  std::vector<OrderColumn> order;
  for (const auto& text : names_of(entry.value, place, findings)) {
    OrderColumn column{text};
    const auto blank = text.find_last_of(" \t");
    if (blank != std::string::npos) {
      const auto descending = kDirections.find(text.substr(blank + 1));
      if (descending) column = {std::string(trimmed(text.substr(0, blank))), *descending};
    }
    check_column_name(column.column, place, findings);
    order.push_back(std::move(column));
  }
  return order;
}

bool has_key(const std::vector<Entry>& entries, std::string_view key) {
  return std::any_of(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
}

void check_hypertable(const std::vector<Entry>& entries, const Place& place, Findings& findings) {
  if (!has_key(entries, "time")) {
    findings.error(place.inside("time", 0), "is not there; it names the column that the table is divided by");
  }
  if (has_key(entries, "space") && !has_key(entries, "partitions")) {
    findings.error(place.inside("partitions", 0), "is not there; `space` needs the number of partitions");
  }
  if (has_key(entries, "partitions") && !has_key(entries, "space")) {
    findings.error(place.inside("space", 0), "is not there; `partitions` needs the column that they go by");
  }
  if ((has_key(entries, "segment_by") || has_key(entries, "order_by")) && !has_key(entries, "compress_after")) {
    findings.warning(place,
                     "`segment_by` and `order_by` say how chunks are compressed, and without `compress_after` "
                     "none is");
  }
}

}  // namespace

void read_hypertable(const Entry& entry, const Place& place, Findings& findings, TopicMapping& topic) {
  Hypertable hypertable;
  const auto parts = entries_of(entry.value, place, findings);
  for (const auto& part : parts) {
    const Place here = place.inside(part.key, part.line);
    if (part.key == "time") {
      hypertable.time = column_of(part, here, findings);
    } else if (part.key == "chunk") {
      hypertable.chunk = length_of(part, true, here, findings);
    } else if (part.key == "space") {
      hypertable.space = column_of(part, here, findings);
    } else if (part.key == "partitions") {
      hypertable.partitions = partitions_of(part, here, findings);
    } else if (part.key == "compress_after") {
      hypertable.compress_after = length_of(part, false, here, findings);
    } else if (part.key == "segment_by") {
      hypertable.segment_by = columns_of(part, here, findings);
    } else if (part.key == "order_by") {
      hypertable.order_by = order_of(part, here, findings);
    } else if (part.key == "retain") {
      hypertable.retain = length_of(part, false, here, findings);
    } else {
      constexpr std::array<std::string_view, 8> kKnown{"time",           "chunk",      "space",    "partitions",
                                                       "compress_after", "segment_by", "order_by", "retain"};
      warn_of_unknown_key("`hypertable`", part.key, kKnown, here, findings);
    }
  }
  if (entry.value.IsMap() || entry.value.IsNull()) check_hypertable(parts, place, findings);
  topic.storage.hypertable = std::move(hypertable);
}

void read_partition(const Entry& entry, const Place& place, Findings& findings, TopicMapping& topic) {
  TimePartitions partition;
  const auto read_by = [&](const YAML::Node& node, const Place& here) {
    const auto text = text_of(node, here, findings);
    if (!text) return;
    const auto unit = kPartitionUnits.find(*text);
    if (!unit) findings.error(here, kPartitionUnits.refusal(*text));
    partition.by = unit.value_or(partition.by);
  };
  if (entry.value.IsScalar()) {
    read_by(entry.value, place);
    topic.storage.partition = std::move(partition);
    return;
  }
  for (const auto& part : entries_of(entry.value, place, findings)) {
    const Place here = place.inside(part.key, part.line);
    if (part.key == "time") {
      partition.time = column_of(part, here, findings);
    } else if (part.key == "by") {
      read_by(part.value, here);
    } else if (part.key == "retain") {
      partition.retain = length_of(part, false, here, findings);
    } else {
      constexpr std::array<std::string_view, 3> kKnown{"time", "by", "retain"};
      warn_of_unknown_key("`partition`", part.key, kKnown, here, findings);
    }
  }
  topic.storage.partition = std::move(partition);
}

void finish_time_storage(TopicMapping& topic, Findings& findings) {
  auto& [hypertable, partition] = topic.storage;
  if (partition && partition->time.empty() && hypertable) partition->time = hypertable->time;
  if (partition && !partition->retain && hypertable) partition->retain = hypertable->retain;
  if (partition && partition->time.empty()) {
    findings.error(place_of(topic, "partition").inside("time", 0),
                   "is not there; it names the column that the table is divided by: `partition: {time: COLUMN, by: " +
                       std::string(to_string(partition->by)) + "}`");
  }
  // Whoever says what becomes of a row without a partition wants no partition that takes all others.
  if (partition) partition->catch_all = topic.key_lines.count("no_partition") == 0;
  if (topic.storage.is_wanted() && topic.create_table == CreateTable::never) {
    findings.warning(place_of(topic, hypertable ? "hypertable" : "partition"),
                     "does nothing beside `create_table: false`: the table is somebody else's");
  }
}

}  // namespace loom::mapping
