#include <fmt/format.h>

#include <string_view>

#include "offsets/tool.h"
#include "text/instant.h"
#include "text/json_text.h"
#include "text/text_table.h"

namespace loom::offsets {
namespace {

using Side = text::TextTable::Side;

std::string number(const std::optional<std::int64_t>& value, std::string_view missing) {
  return value ? std::to_string(*value) : std::string(missing);
}

/// What a reader should not have to find by comparing columns.
std::string remark(const PartitionOffsets& one) {
  if (!one.decision.empty()) return "waits for a decision: " + one.decision;
  if (!one.end) return "not in Kafka";
  if (!one.stored) return "not begun";
  if (*one.stored > *one.end) return "beyond the log's end";
  if (*one.stored < *one.begin) return "before the log's start";
  return "";
}

std::string notes_json(const std::vector<std::string>& notes) {
  std::string out = "[";
  for (std::size_t i = 0; i < notes.size(); ++i) out += (i > 0 ? "," : "") + text::json_text(notes[i]);
  return out + "]";
}

}  // namespace

std::string render_table(const OffsetReport& report) {
  if (report.partitions.empty()) return "group " + report.group + " has no offsets\n";
  text::TextTable table({{"TOPIC"},
                         {"PARTITION", Side::right},
                         {"NEXT OFFSET", Side::right},
                         {"EPOCH", Side::right},
                         {"LOG START", Side::right},
                         {"LOG END", Side::right},
                         {"LAG", Side::right},
                         {"IN KAFKA", Side::right},
                         {"UPDATED"},
                         {"REMARK"}});
  for (const auto& one : report.partitions) {
    table.add({one.topic, std::to_string(one.partition), number(one.stored, "-"),
               one.stored ? std::to_string(one.epoch) : "-", number(one.begin, "-"), number(one.end, "-"),
               number(one.lag(), "-"), number(one.kafka, "-"),
               one.updated_us ? text::instant_text(*one.updated_us) : "-", remark(one)});
  }
  return "group " + report.group + "; NEXT OFFSET is the database's and rules, IN KAFKA is its copy\n" + table.render();
}

std::string render_json(const OffsetReport& report) {
  std::string out = "{\"group\":" + text::json_text(report.group) + ",\"partitions\":[";
  for (std::size_t i = 0; i < report.partitions.size(); ++i) {
    const auto& one = report.partitions[i];
    out += fmt::format(
        "{}{{\"topic\":{},\"partition\":{},\"next_offset\":{},\"epoch\":{},\"log_start\":{},\"log_end\":{},\"lag\":{},"
        "\"kafka_offset\":{},\"updated_at\":{},\"decision\":{}}}",
        i > 0 ? "," : "", text::json_text(one.topic), one.partition, number(one.stored, "null"),
        one.stored ? std::to_string(one.epoch) : "null", number(one.begin, "null"), number(one.end, "null"),
        number(one.lag(), "null"), number(one.kafka, "null"),
        one.updated_us ? text::json_text(text::instant_text(*one.updated_us)) : "null",
        one.decision.empty() ? "null" : text::json_text(one.decision));
  }
  return out + "]}\n";
}

std::string render_table(const ResetReport& report) {
  text::TextTable table(
      {{"TOPIC"}, {"PARTITION", Side::right}, {"BEFORE", Side::right}, {"AFTER", Side::right}, {"EPOCH", Side::right}});
  for (const auto& change : report.changes) {
    table.add({change.topic, std::to_string(change.partition), number(change.before, "-"), std::to_string(change.after),
               std::to_string(change.epoch)});
  }
  std::string out = "group " + report.group + '\n' + table.render();
  for (const auto& note : report.notes) out += "note: " + note + '\n';
  if (report.dry_run) out += "nothing was changed: --dry-run\n";
  return out;
}

std::string render_json(const ResetReport& report) {
  std::string out =
      fmt::format("{{\"group\":{},\"dry_run\":{},\"changes\":[", text::json_text(report.group), report.dry_run);
  for (std::size_t i = 0; i < report.changes.size(); ++i) {
    const auto& change = report.changes[i];
    out += fmt::format("{}{{\"topic\":{},\"partition\":{},\"before\":{},\"after\":{},\"epoch\":{}}}", i > 0 ? "," : "",
                       text::json_text(change.topic), change.partition, number(change.before, "null"), change.after,
                       change.epoch);
  }
  return out + "],\"notes\":" + notes_json(report.notes) + "}\n";
}

}  // namespace loom::offsets
