#include "lag/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <tuple>
#include <vector>

#include "base/plural.h"
#include "text/instant.h"
#include "text/json_text.h"
#include "text/text_table.h"

namespace loom::lag {
namespace {

using text::json_text;
using text::TextTable;
using Side = TextTable::Side;

constexpr std::string_view kUnknown = "-";

std::string number(const std::optional<std::int64_t>& value, std::string_view missing) {
  return value ? std::to_string(*value) : std::string(missing);
}

std::string duration(const std::optional<double>& seconds) {
  if (!seconds) return std::string(kUnknown);
  if (*seconds < 60) return fmt::format("{:.1f}s", *seconds);
  const auto whole = static_cast<std::int64_t>(std::min(*seconds, 1e12));
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{}d {:02}h", whole / 86400, whole % 86400 / 3600);
}

std::string percent(const std::optional<double>& ratio) {
  return ratio ? fmt::format("{:.0f}%", *ratio * 100) : std::string(kUnknown);
}

std::string state(State state) { return std::string(state == State::unknown ? kUnknown : to_string(state)); }

/// What a row says of a partition, or of all of them.
template <typename Lag>
std::vector<std::string> figures(const Lag& lag, const std::optional<double>& seconds, State verdict, double consumed,
                                 double produced, bool rates) {
  const auto rate = [&](double value) { return rates ? fmt::format("{:.1f}", value) : std::string(kUnknown); };
  const auto catch_up = lag.catch_up_seconds();
  // A single sample knows only that nothing is left.
  const bool tells = rates || catch_up == 0.0;
  return {duration(seconds), state(verdict), rate(consumed), rate(produced),
          tells ? duration(catch_up) : std::string(kUnknown)};
}

/// The places of the partitions that ask most for attention, in their order.
std::vector<std::size_t> chosen(const GroupLag& lag, std::size_t at_most) {
  std::vector<std::size_t> places(lag.partitions.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  if (places.size() <= at_most) return places;
  const auto weight = [&](std::size_t i) {
    const PartitionLag& one = lag.partitions[i];
    return std::make_tuple(one.lag.value_or(0) > 0 ? severity(one.state) : 0, one.lag.value_or(0));
  };
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
  places.resize(at_most);
  std::sort(places.begin(), places.end());
  return places;
}

struct Sums {
  double consumed = 0;
  double produced = 0;
  std::optional<double> retention;
};

Sums sums_of(const GroupLag& lag) {
  Sums sums;
  for (const PartitionLag& one : lag.partitions) {
    sums.consumed += one.consumed_per_second;
    sums.produced += one.produced_per_second;
    if (one.retention_ratio) sums.retention = std::max(sums.retention.value_or(0), *one.retention_ratio);
  }
  return sums;
}

std::string real(const std::optional<double>& value, int digits = 3) {
  return value && std::isfinite(*value) ? fmt::format("{:.{}f}", *value, digits) : "null";
}

std::string partition_json(const PartitionLag& one, bool rates) {
  const auto rate = [&](double value) { return rates ? real(value) : "null"; };
  const auto catch_up = one.catch_up_seconds();
  return fmt::format(
      "{{\"topic\":{},\"partition\":{},\"committed_offset\":{},\"begin_offset\":{},\"end_offset\":{},\"lag\":{},"
      "\"lag_seconds\":{},\"state\":\"{}\",\"consumed_per_second\":{},\"produced_per_second\":{},"
      "\"catch_up_seconds\":{},\"retention_ratio\":{},\"assigned\":{},\"from\":\"{}\"}}",
      json_text(one.topic), one.partition, number(one.committed, "null"), number(one.begin, "null"),
      number(one.end, "null"), number(one.lag, "null"), real(one.seconds), to_string(one.state),
      rate(one.consumed_per_second), rate(one.produced_per_second), rates || catch_up == 0.0 ? real(catch_up) : "null",
      real(one.retention_ratio, 6), one.assigned ? (*one.assigned ? "true" : "false") : "null", to_string(one.origin));
}

}  // namespace

std::string render_table(const GroupLag& lag, std::size_t at_most) {
  TextTable table({{"GROUP"},
                   {"TOPIC"},
                   {"PARTITION", Side::right},
                   {"COMMITTED", Side::right},
                   {"END", Side::right},
                   {"LAG", Side::right},
                   {"BEHIND", Side::right},
                   {"STATE"},
                   {"CONSUMED/S", Side::right},
                   {"PRODUCED/S", Side::right},
                   {"CATCH UP", Side::right},
                   {"RETENTION", Side::right},
                   {"FROM"}});
  const bool rates = lag.window_seconds > 0;
  const std::vector<std::size_t> places = chosen(lag, at_most);
  for (const std::size_t place : places) {
    const PartitionLag& one = lag.partitions[place];
    std::vector<std::string> cells{lag.group,
                                   one.topic,
                                   std::to_string(one.partition),
                                   number(one.committed, kUnknown),
                                   number(one.end, kUnknown),
                                   number(one.lag, kUnknown)};
    for (std::string& cell :
         figures(one, one.seconds, one.state, one.consumed_per_second, one.produced_per_second, rates)) {
      cells.push_back(std::move(cell));
    }
    cells.push_back(percent(one.retention_ratio));
    cells.emplace_back(to_string(one.origin));
    table.add(std::move(cells));
  }
  const Sums sums = sums_of(lag);
  std::vector<std::string> total{"", "total", std::to_string(lag.partitions.size()),
                                 "", "",      std::to_string(lag.total())};
  for (std::string& cell : figures(lag, lag.seconds(), lag.worst(), sums.consumed, sums.produced, rates)) {
    total.push_back(std::move(cell));
  }
  total.push_back(percent(sums.retention));
  table.add(std::move(total));

  std::string out = table.render();
  if (const std::size_t left = lag.partitions.size() - places.size(); left > 0) {
    out += fmt::format("note: {} with less lag {} not shown\n", plural(left, "partition"), agree(left, "is", "are"));
  }
  for (const std::string& note : lag.notes) out += "note: " + text::printable(note) + "\n";
  if (lag.partitions.empty()) out += "note: group " + text::printable(lag.group) + " has no offsets\n";
  return out;
}

std::string render_json(const GroupLag& lag) {
  const bool rates = lag.window_seconds > 0;
  const auto catch_up = lag.catch_up_seconds();
  std::string out = fmt::format(
      "{{\"group\":{},\"time\":{},\"total_lag\":{},\"lag_seconds\":{},\"state\":\"{}\",\"drain_rate\":{},"
      "\"catch_up_seconds\":{},\"partitions\":[",
      json_text(lag.group), lag.sampled_us > 0 ? json_text(text::instant_text(lag.sampled_us)) : "null", lag.total(),
      real(lag.seconds()), to_string(lag.worst()), rates ? real(lag.drain_rate()) : "null",
      rates || catch_up == 0.0 ? real(catch_up) : "null");
  for (std::size_t i = 0; i < lag.partitions.size(); ++i) {
    out += (i > 0 ? "," : "") + partition_json(lag.partitions[i], rates);
  }
  out += "],\"notes\":[";
  for (std::size_t i = 0; i < lag.notes.size(); ++i) out += (i > 0 ? "," : "") + json_text(lag.notes[i]);
  return out + "]}\n";
}

}  // namespace loom::lag
