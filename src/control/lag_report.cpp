#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "control/json_text.h"
#include "control/lag.h"

namespace loom::control {
namespace {

std::string_view name_of(OffsetOrigin origin) {
  switch (origin) {
    case OffsetOrigin::none:
      return "none";
    case OffsetOrigin::kafka:
      return "kafka";
    case OffsetOrigin::database:
      return "database";
  }
  return "none";
}

std::string number(const std::optional<std::int64_t>& value, std::string_view missing) {
  return value ? std::to_string(*value) : std::string(missing);
}

}  // namespace

std::string render_table(const LagReport& report) {
  std::size_t group = std::max<std::size_t>(5, report.group.size());
  std::size_t topic = 5;
  for (const PartitionLag& entry : report.partitions) topic = std::max(topic, entry.topic.size());
  const auto line = [&](std::string_view a, std::string_view b, std::string_view c, std::string_view d,
                        std::string_view e, std::string_view f, std::string_view g) {
    return fmt::format("{:<{}}  {:<{}}  {:>9}  {:>12}  {:>12}  {:>12}  {}\n", a, group, b, topic, c, d, e, f, g);
  };
  std::string out = line("GROUP", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "FROM");
  for (const PartitionLag& entry : report.partitions) {
    out += line(report.group, entry.topic, std::to_string(entry.partition), number(entry.committed, "-"),
                number(entry.end, "-"), number(entry.lag, "-"), name_of(entry.origin));
  }
  out += line("", "total", std::to_string(report.partitions.size()), "", "", std::to_string(report.total()), "");
  for (const std::string& note : report.notes) out += "note: " + note + "\n";
  if (report.partitions.empty()) out += "note: group " + report.group + " has no offsets\n";
  return out;
}

std::string render_json(const LagReport& report) {
  std::string out = "{\"group\":" + json_text(report.group) + ",\"total_lag\":" + std::to_string(report.total()) +
                    ",\"partitions\":[";
  for (std::size_t i = 0; i < report.partitions.size(); ++i) {
    const PartitionLag& entry = report.partitions[i];
    out += fmt::format(
        "{}{{\"topic\":{},\"partition\":{},\"committed_offset\":{},\"end_offset\":{},\"lag\":{},\"from\":\"{}\"}}",
        i > 0 ? "," : "", json_text(entry.topic), entry.partition, number(entry.committed, "null"),
        number(entry.end, "null"), number(entry.lag, "null"), name_of(entry.origin));
  }
  out += "],\"notes\":[";
  for (std::size_t i = 0; i < report.notes.size(); ++i) out += (i > 0 ? "," : "") + json_text(report.notes[i]);
  return out + "]}";
}

}  // namespace loom::control
