#include "report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "machine.h"

namespace loom::bench {
namespace {

// What the project wants to reach; see docs/benchmarks.md.
constexpr double kRatioWithKey = 0.78;
constexpr double kRatioWithoutKey = 0.55;
constexpr double kIdleShare = 0.05;
// With more than this taken by others, drain and ceiling did not have the same machine.
constexpr double kOthersShare = 0.05;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string grouped(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}
std::string percent(double value) { return fmt::format("{:.1f} %", value * 100); }
std::string two_digits(double value) { return fmt::format("{:.2f}", value); }
std::string whole(double value) { return fmt::format("{:.0f}", value); }

double target_ratio(const Section& section) { return section.with_key ? kRatioWithKey : kRatioWithoutKey; }

/// A figure with a value for each repetition.
struct Figure {
  const char* name;   ///< for JSON
  const char* title;  ///< for people
  std::string (*shown)(double);
  std::vector<double> values{};
};

std::vector<Figure> figures(const Section& section) {
  std::vector<Figure> out;
  const auto of_drain = [&](const char* name, const char* title, auto shown, double DrainRun::*value) {
    Figure& figure = out.emplace_back(Figure{.name = name, .title = title, .shown = shown});
    for (const DrainRun& drain : section.drains) figure.values.push_back(drain.*value);
  };
  const auto of_ceiling = [&](const char* name, const char* title, auto shown, double CeilingRun::*value) {
    Figure& figure = out.emplace_back(Figure{.name = name, .title = title, .shown = shown});
    for (const auto& runs : section.ceilings) figure.values.push_back(best_of(runs).*value);
  };
  of_drain("rows_per_second", "drain, rows/s", grouped, &DrainRun::rows_per_second);
  of_ceiling("ceiling_rows_per_second", "ceiling, rows/s", grouped, &CeilingRun::rows_per_second);
  Figure ratio{.name = "ratio", .title = "drain / ceiling", .shown = percent};
  for (std::size_t i = 0; i < section.drains.size(); ++i) ratio.values.push_back(out[0].values[i] / out[1].values[i]);
  out.push_back(std::move(ratio));
  of_drain("idle_share", "CPUs idle", percent, &DrainRun::idle_share);
  of_drain("disk_wait_share", "CPUs waiting for the disk", percent, &DrainRun::disk_wait_share);
  of_drain("stolen_share", "CPUs taken by the hypervisor", percent, &DrainRun::stolen_share);
  of_drain("others_share", "CPUs taken by other programs", percent, &DrainRun::others_share);
  of_ceiling("ceiling_others_share", "the same at the ceiling", percent, &CeilingRun::others_share);
  of_drain("consumer_cpu_seconds", "consumer, CPU s", two_digits, &DrainRun::consumer_cpu);
  of_drain("kafka_cpu_seconds", "Kafka, CPU s", two_digits, &DrainRun::kafka_cpu);
  of_drain("postgres_cpu_seconds", "PostgreSQL, CPU s", two_digits, &DrainRun::postgres_cpu);
  of_ceiling("ceiling_postgres_cpu_seconds", "PostgreSQL at the ceiling, CPU s", two_digits, &CeilingRun::postgres_cpu);
  of_ceiling("ceiling_sender_cpu_seconds", "COPY sender, CPU s", two_digits, &CeilingRun::sender_cpu);
  of_drain("peak_megabytes", "consumer, peak MB", whole, &DrainRun::peak_megabytes);
  of_drain("rows_a_transaction", "rows a transaction", grouped, &DrainRun::rows_a_transaction);
  of_drain("seconds_to_first_row", "start to first row, s", two_digits, &DrainRun::seconds_to_first);
  if (section.baselines.empty()) return out;
  Figure baseline{.name = "baseline_consumer_cpu_seconds", .title = "baseline, CPU s", .shown = two_digits};
  Figure cpu{.name = "cpu_ratio", .title = "consumer's CPU / baseline's", .shown = percent};
  Figure speed{.name = "speed_ratio", .title = "rows/s / baseline's", .shown = percent};
  for (std::size_t i = 0; i < section.baselines.size(); ++i) {
    baseline.values.push_back(section.baselines[i].consumer_cpu);
    cpu.values.push_back(section.drains[i].consumer_cpu / section.baselines[i].consumer_cpu);
    speed.values.push_back(section.drains[i].rows_per_second / section.baselines[i].rows_per_second);
  }
  for (Figure* figure : {&baseline, &cpu, &speed}) out.push_back(std::move(*figure));
  return out;
}

double median_of(const std::vector<Figure>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Figure& figure) { return figure.name == name; });
  return found == all.end() ? 0 : median(found->values);
}

/// The ceiling's ways to write, each with the medians of the repetitions.
std::vector<CeilingRun> medians(const Section& section) {
  std::vector<CeilingRun> out = section.ceilings.at(0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (double CeilingRun::*figure :
         {&CeilingRun::rows_per_second, &CeilingRun::sender_cpu, &CeilingRun::postgres_cpu}) {
      std::vector<double> values;
      for (const auto& ceiling : section.ceilings) values.push_back(ceiling[i].*figure);
      out[i].*figure = median(std::move(values));
    }
  }
  return out;
}

/// How much of the machine was somebody else's, in the drain or at the ceiling.
double others_share(const std::vector<Figure>& all) {
  return std::max(median_of(all, "others_share"), median_of(all, "ceiling_others_share"));
}

std::string verdict(const char* what, double value, const char* limit_word, double limit, bool good, bool valid) {
  return fmt::format("  {} {} ({} {}): {}\n", what, percent(value), limit_word, percent(limit),
                     !valid ? "not judged"
                     : good ? "reached"
                            : "missed");
}

std::string json_section(const Section& section) {
  const std::vector<Figure> all = figures(section);
  std::string out = fmt::format("    {{\n      \"primary_key\": {},\n", section.with_key);
  for (const Figure& figure : all) {
    out += fmt::format("      \"{}\": {{\"median\": {:.6g}, \"runs\": [{:.6g}]}},\n", figure.name,
                       median(figure.values), fmt::join(figure.values, ", "));
  }
  out += fmt::format("      \"valid\": {}, \"target_ratio\": {}, \"target_idle_share\": {},\n",
                     others_share(all) <= kOthersShare, target_ratio(section), kIdleShare);
  out += "      \"ceiling\": [\n";
  const std::vector<CeilingRun> ways = medians(section);
  for (std::size_t i = 0; i < ways.size(); ++i) {
    out += fmt::format(
        "        {{\"connections\": {}, \"rows_each\": {}, \"rows_per_second\": {:.0f}, "
        "\"postgres_cpu_seconds\": {:.2f}, \"sender_cpu_seconds\": {:.2f}}}{}\n",
        ways[i].connections, ways[i].rows_each, ways[i].rows_per_second, ways[i].postgres_cpu, ways[i].sender_cpu,
        i + 1 < ways.size() ? "," : "");
  }
  return out + "      ]\n    }";
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + '"';
}

}  // namespace

std::string render(const Section& section) {
  std::string out = section.with_key ? "\nWith primary key (device_id, timestamp)\n" : "\nWithout a key\n";
  out += fmt::format("  {:<34}", "");
  for (std::size_t i = 0; i < section.drains.size(); ++i) out += fmt::format("{:>12}", fmt::format("run {}", i + 1));
  out += fmt::format("{:>12}\n", "median");
  const std::vector<Figure> all = figures(section);
  for (const Figure& figure : all) {
    out += fmt::format("  {:<34}", figure.title);
    for (const double value : figure.values) out += fmt::format("{:>12}", figure.shown(value));
    out += fmt::format("{:>12}\n", figure.shown(median(figure.values)));
  }
  out += "  the ceiling's ways to write (connections x rows a COPY), median rows/s:\n";
  const std::vector<CeilingRun> ways = medians(section);
  for (std::size_t i = 0; i < ways.size(); ++i) {
    out += fmt::format("    {} x {:>6} {:>11}", ways[i].connections, grouped(static_cast<double>(ways[i].rows_each)),
                       grouped(ways[i].rows_per_second));
    if (i % 3 == 2) out += '\n';
  }
  const double ratio = median_of(all, "ratio");
  const double idle = median_of(all, "idle_share");
  const bool valid = others_share(all) <= kOthersShare;
  if (!valid) {
    out += fmt::format("  NOT VALID: other programs took {} of the CPUs\n", percent(others_share(all)));
  }
  out += verdict("ratio", ratio, "at least", target_ratio(section), ratio >= target_ratio(section), valid);
  out += verdict("idle", idle, "at most", kIdleShare, idle <= kIdleShare, valid);
  return out;
}

std::string render_json(const Results& results) {
  std::string out = fmt::format("{{\n  \"messages\": {},\n  \"machine\": {},\n  \"database_delay_ms\": {},\n",
                                results.options.messages, quoted(machine_name()), results.options.database_delay);
  out +=
      fmt::format("  \"message_bytes\": {:.1f},\n  \"row_bytes\": {:.1f},\n", results.message_bytes, results.row_bytes);
  out += fmt::format("  \"encoded_per_second_and_core\": {:.0f},\n", results.encoded_per_second);
  out += fmt::format("  \"partition_shares\": [{}],\n  \"sections\": [\n", fmt::join(results.options.shares, ", "));
  for (std::size_t i = 0; i < results.sections.size(); ++i) {
    out += json_section(results.sections[i]) + (i + 1 < results.sections.size() ? ",\n" : "\n");
  }
  return out + "  ]\n}\n";
}

}  // namespace loom::bench
