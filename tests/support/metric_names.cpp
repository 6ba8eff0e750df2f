#include "support/metric_names.h"

#include <cctype>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace loom::testing {
namespace {

std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> found;
  std::string cell;
  std::istringstream rest(row.substr(1));
  while (std::getline(rest, cell, '|')) {
    const auto first = cell.find_first_not_of(' ');
    const auto last = cell.find_last_not_of(' ');
    found.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return found;
}

std::set<std::string> in_backticks(const std::string& text) {
  std::set<std::string> found;
  for (auto at = text.find('`'); at != std::string::npos;) {
    const auto end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    found.insert(text.substr(at + 1, end - at - 1));
    at = text.find('`', end + 1);
  }
  return found;
}

/// The labels are lower-case names; other words in backticks are values.
std::set<std::string> label_names(const std::string& cell) {
  std::set<std::string> found;
  for (const std::string& word : in_backticks(cell)) {
    if (word != "connection_lost") found.insert(word);
  }
  return found;
}

bool strip(std::string& name, std::string_view ending) {
  if (name.size() <= ending.size() || !name.ends_with(ending)) return false;
  name.resize(name.size() - ending.size());
  return true;
}

/// `name` or `name{a="b",c="d"}`
std::set<std::string> labels_of(const std::string& series) {
  std::set<std::string> found;
  auto at = series.find('{');
  while (at != std::string::npos && at + 1 < series.size() && series[at + 1] != '}') {
    const auto equals = series.find('=', at);
    found.insert(series.substr(at + 1, equals - at - 1));
    const auto end = series.find("\"", equals + 2);
    at = series.find_first_of(",}", end);
    if (at != std::string::npos && series[at] == '}') break;
  }
  found.erase("le");
  return found;
}

}  // namespace

Metrics documented_metrics() {
  std::ifstream file(std::string(LOOM_SOURCE_DIR) + "/docs/metrics.md");
  if (!file) throw std::runtime_error("docs/metrics.md cannot be read");
  Metrics found;
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("| `")) continue;
    const auto row = cells(line);
    if (row.size() < 5) throw std::runtime_error("docs/metrics.md: a row with too few columns: " + line);
    const auto name = in_backticks(row[0]);
    if (!found.emplace(*name.begin(), MetricFacts{row[1], label_names(row[2])}).second) {
      throw std::runtime_error("docs/metrics.md explains twice: " + line);
    }
  }
  return found;
}

std::map<std::string, std::string> exported_series(const std::string& text) {
  std::map<std::string, std::string> found;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.empty() || line[0] == '#') continue;
    const auto end = line.rfind(' ');
    found[line.substr(0, end)] = line.substr(end + 1);
  }
  return found;
}

Metrics exported_metrics(const std::string& text) {
  Metrics found;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string hash;
    std::string kind;
    std::string name;
    std::string type;
    if (words >> hash >> kind >> name >> type && hash == "#" && kind == "TYPE") found[name].type = type;
  }
  for (const auto& [series, value] : exported_series(text)) {
    std::string name = series.substr(0, series.find('{'));
    if (!found.contains(name)) strip(name, "_bucket") || strip(name, "_sum") || strip(name, "_count");
    found[name].labels.merge(labels_of(series));
  }
  return found;
}

std::string differences(const Metrics& documented, const Metrics& exported) {
  std::string text;
  for (const auto& [name, facts] : documented) {
    const auto there = exported.find(name);
    if (there == exported.end()) {
      text += name + " is documented and not exported\n";
      continue;
    }
    if (facts.type != there->second.type) text += name + " is a " + there->second.type + ", not a " + facts.type + "\n";
    if (!there->second.labels.empty() && facts.labels != there->second.labels) {
      text += name + " has other labels than documented:";
      for (const std::string& label : there->second.labels) text += " " + label;
      text += "\n";
    }
  }
  for (const auto& [name, facts] : exported) {
    if (!documented.contains(name)) text += name + " is exported and not documented\n";
  }
  return text;
}

}  // namespace loom::testing
