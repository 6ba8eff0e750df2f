#include "dead_letters/report.h"

#include <fmt/format.h>

#include <numeric>

#include "base/plural.h"
#include "sink/dead_letters.h"
#include "sink/utf8.h"
#include "text/instant.h"
#include "text/json_text.h"
#include "text/text_table.h"

namespace loom::dead_letters {
namespace {

using Side = text::TextTable::Side;

constexpr std::size_t kMessageShown = 80;

std::uint64_t total(const std::vector<DeadLetterCount>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const DeadLetterCount& one) { return sum + one.count; });
}

/// 16 bytes a line: place, hexadecimal, and what is printable of them.
std::string hex_lines(const std::string& bytes) {
  constexpr std::size_t kPerLine = 16;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += kPerLine) {
    std::string hex;
    std::string text;
    for (std::size_t i = at; i < std::min(at + kPerLine, bytes.size()); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      hex += fmt::format("{:02x} ", byte);
      text += byte >= 0x20 && byte < 0x7F ? bytes[i] : '.';
    }
    out += fmt::format("  {:08x}  {:<48} {}\n", at, hex, text);
  }
  return out;
}

/// Text as it is, with line ends; control characters would let a message write on the terminal.
std::string text_lines(const std::string& text) {
  std::string out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += "  " + text::printable(text.substr(begin, end - begin)) + '\n';
    begin = end + 1;
  }
  return out;
}

std::string content(const std::string& heading, const std::optional<std::string>& bytes) {
  if (!bytes) return heading + " (null)\n";
  std::string out = fmt::format("{} ({})\n", heading, plural(bytes->size(), "byte"));
  if (bytes->empty()) return out;
  return out + (sink::is_storable_text(*bytes) ? text_lines(*bytes) : hex_lines(*bytes));
}

std::string instant_of_message(std::int64_t timestamp_ms) {
  return timestamp_ms < 0 ? "" : text::instant_text(timestamp_ms * 1000);
}

std::string json_or_null(const std::string& text) { return text.empty() ? "null" : text::json_text(text); }

/// `"name":"text"`, or base64 with `"name_encoding":"base64"` behind it.
std::string json_bytes(const std::string& name, const std::optional<std::string>& bytes) {
  if (!bytes) return fmt::format("\"{}\":null", name);
  if (sink::is_storable_text(*bytes)) return fmt::format("\"{}\":{}", name, text::json_text(*bytes));
  return fmt::format("\"{}\":\"{}\",\"{}_encoding\":\"base64\"", name, sink::base64(*bytes), name);
}

std::string json_summary(const DeadLetter& dead_letter) {
  const std::string repaired =
      dead_letter.repaired_us
          ? fmt::format(",\"repaired_at\":{}", text::json_text(text::instant_text(*dead_letter.repaired_us)))
          : "";
  return fmt::format(
      "\"id\":{},\"group\":{},\"topic\":{},\"partition\":{},\"offset\":{},\"timestamp\":{},\"reason\":{},"
      "\"sqlstate\":{},\"message\":{},\"trace_id\":{},\"created_at\":{}{}",
      dead_letter.id, text::json_text(dead_letter.group), text::json_text(dead_letter.topic), dead_letter.partition,
      dead_letter.offset, json_or_null(instant_of_message(dead_letter.timestamp_ms)),
      text::json_text(dead_letter.reason), json_or_null(dead_letter.sqlstate), text::json_text(dead_letter.message),
      json_or_null(dead_letter.trace_id), text::json_text(text::instant_text(dead_letter.created_us)), repaired);
}

std::string tables(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest,
                   const char* time) {
  text::TextTable by_reason({{"TOPIC"}, {"REASON"}, {"COUNT", Side::right}, {"OLDEST"}, {"NEWEST"}});
  for (const auto& one : counts) {
    by_reason.add({one.topic, one.reason, std::to_string(one.count), text::instant_text(one.oldest_us),
                   text::instant_text(one.newest_us)});
  }
  by_reason.add({"total", "", std::to_string(total(counts))});
  std::string out = by_reason.render();
  if (newest.empty()) return out;
  text::TextTable table({{"ID", Side::right},
                         {time},
                         {"TOPIC"},
                         {"PARTITION", Side::right},
                         {"OFFSET", Side::right},
                         {"REASON"},
                         {"MESSAGE"}});
  for (const auto& dead_letter : newest) {
    table.add({std::to_string(dead_letter.id),
               text::instant_text(dead_letter.repaired_us.value_or(dead_letter.created_us)), dead_letter.topic,
               std::to_string(dead_letter.partition), std::to_string(dead_letter.offset), dead_letter.reason,
               text::printable(dead_letter.message, kMessageShown)});
  }
  out += '\n' + table.render();
  if (newest.size() < total(counts)) {
    out += fmt::format("the newest {} of {}; --limit shows more, `dead-letters show ID` all of one\n", newest.size(),
                       total(counts));
  }
  return out;
}

/// `more`: fields behind the others.
std::string json_tables(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest,
                        const std::string& more) {
  std::string out = fmt::format("{{\"total\":{},\"counts\":[", total(counts));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto& one = counts[i];
    out += fmt::format("{}{{\"topic\":{},\"reason\":{},\"count\":{},\"oldest\":{},\"newest\":{}}}", i > 0 ? "," : "",
                       text::json_text(one.topic), text::json_text(one.reason), one.count,
                       text::json_text(text::instant_text(one.oldest_us)),
                       text::json_text(text::instant_text(one.newest_us)));
  }
  out += "],\"dead_letters\":[";
  for (std::size_t i = 0; i < newest.size(); ++i) out += (i > 0 ? ",{" : "{") + json_summary(newest[i]) + "}";
  return out + "]" + more + "}\n";
}

}  // namespace

std::string render_list(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest,
                        std::uint64_t repaired) {
  const std::string others = repaired > 0 ? fmt::format("; {} {} repaired: `dead-letters list --repaired`", repaired,
                                                        agree(repaired, "was", "were"))
                                          : "";
  if (counts.empty()) return repaired > 0 ? "no dead letters wait" + others + '\n' : "no dead letters\n";
  return tables(counts, newest, "SINCE") + fmt::format("{} wait{}\n", total(counts), others);
}

std::string render_list_json(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest,
                             std::uint64_t repaired) {
  return json_tables(counts, newest, fmt::format(",\"waiting\":{},\"repaired\":{}", total(counts), repaired));
}

std::string render_repaired(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest) {
  return counts.empty() ? "no repaired dead letters\n" : tables(counts, newest, "REPAIRED");
}

std::string render_repaired_json(const std::vector<DeadLetterCount>& counts, const std::vector<DeadLetter>& newest) {
  return json_tables(counts, newest, "");
}

std::string render_dead_letter(const DeadLetter& dead_letter) {
  std::string out;
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<10} {}\n", name, text::printable(value));
  };
  line("id", std::to_string(dead_letter.id));
  line("group", dead_letter.group);
  line("topic", dead_letter.topic);
  line("partition", std::to_string(dead_letter.partition));
  line("offset", std::to_string(dead_letter.offset));
  line("timestamp", instant_of_message(dead_letter.timestamp_ms));
  line("since", text::instant_text(dead_letter.created_us));
  if (dead_letter.repaired_us) line("repaired", text::instant_text(*dead_letter.repaired_us));
  line("reason", dead_letter.reason);
  line("sqlstate", dead_letter.sqlstate);
  line("message", dead_letter.message);
  line("trace", dead_letter.trace_id);
  if (dead_letter.repaired_us && !dead_letter.corrected_value) {
    return out + "stored as it was sent; key, value and headers are not kept here any more\n";
  }
  out += content("key", dead_letter.key);
  out += content("value", dead_letter.value);
  if (dead_letter.corrected_value) out += content("stored instead", dead_letter.corrected_value);
  for (const auto& header : dead_letter.headers) out += content("header " + text::printable(header.name), header.value);
  return out;
}

std::string render_dead_letter_json(const DeadLetter& dead_letter) {
  std::string out = "{" + json_summary(dead_letter) + "," + json_bytes("key", dead_letter.key) + "," +
                    json_bytes("value", dead_letter.value) + ",\"headers\":[";
  for (std::size_t i = 0; i < dead_letter.headers.size(); ++i) {
    const auto& header = dead_letter.headers[i];
    out += fmt::format("{}{{\"name\":{},{}}}", i > 0 ? "," : "", text::json_text(header.name),
                       json_bytes("value", header.value));
  }
  out += "]";
  if (dead_letter.repaired_us) out += "," + json_bytes("corrected_value", dead_letter.corrected_value);
  return out + "}\n";
}

std::string render_replay(const ReplayReport& report) {
  std::string passed_over;
  for (const auto& [topic, count] : report.of_others) {
    passed_over += fmt::format("note: {}: {} left to another deployment (LOOM_TOPICS, LOOM_TOPICS_EXCLUDE)\n", topic,
                               plural(count, "dead letter"));
  }
  if (report.topics.empty()) return "no dead letters to replay\n" + passed_over;
  text::TextTable table({{"TOPIC"},
                         {"DEAD LETTERS", Side::right},
                         {report.dry_run ? "WOULD BE ROWS" : "STORED", Side::right},
                         {"FAIL AGAIN", Side::right},
                         {"LEFT", Side::right}});
  ReplayedTopic sum;
  std::string notes;
  for (const auto& topic : report.topics) {
    table.add({topic.topic, std::to_string(topic.chosen), std::to_string(topic.stored),
               std::to_string(topic.rejected()), std::to_string(topic.left())});
    sum.chosen += topic.chosen;
    sum.stored += topic.stored;
    for (const auto& [reason, count] : topic.again) sum.again[reason] += count;
    for (const auto& [reason, words] : topic.why) sum.why[reason] = words;
    sum.elsewhere += topic.elsewhere;
    if (topic.elsewhere > 0) {
      notes += fmt::format("note: {}: {} were gone, or in the hands of another replay\n", topic.topic, topic.elsewhere);
    }
    if (!topic.problem.empty()) notes += "error: " + topic.topic + ": " + text::printable(topic.problem) + '\n';
  }
  table.add({"total", std::to_string(sum.chosen), std::to_string(sum.stored), std::to_string(sum.rejected()),
             std::to_string(sum.left())});
  std::string out = table.render() + notes + passed_over;
  for (const auto& [reason, count] : sum.again) {
    out += fmt::format("fail again: {} {}", count, reason);
    const auto words = sum.why.find(reason);
    if (words != sum.why.end()) out += (count > 1 ? ", one of them: " : ": ") + text::printable(words->second);
    out += '\n';
  }
  if (report.dry_run) out += "nothing was changed; the database may refuse some that the mapping takes\n";
  return out;
}

std::string render_replay_json(const ReplayReport& report) {
  std::string out = fmt::format("{{\"dry_run\":{},\"topics\":[", report.dry_run);
  for (std::size_t i = 0; i < report.topics.size(); ++i) {
    const auto& topic = report.topics[i];
    out += fmt::format("{}{{\"topic\":{},\"dead_letters\":{},\"stored\":{},\"fail_again\":{{", i > 0 ? "," : "",
                       text::json_text(topic.topic), topic.chosen, topic.stored);
    bool first = true;
    for (const auto& [reason, count] : topic.again) {
      out += fmt::format("{}{}:{}", first ? "" : ",", text::json_text(reason), count);
      first = false;
    }
    out += fmt::format("}},\"elsewhere\":{},\"left\":{},\"error\":{},\"why\":{{", topic.elsewhere, topic.left(),
                       json_or_null(topic.problem));
    first = true;
    for (const auto& [reason, words] : topic.why) {
      out += fmt::format("{}{}:{}", first ? "" : ",", text::json_text(reason), text::json_text(words));
      first = false;
    }
    out += "}}";
  }
  out += "],\"of_others\":{";
  for (const auto& [topic, count] : report.of_others) {
    out += fmt::format("{}{}:{}", out.back() == '{' ? "" : ",", text::json_text(topic), count);
  }
  return out + "}}\n";
}

}  // namespace loom::dead_letters
