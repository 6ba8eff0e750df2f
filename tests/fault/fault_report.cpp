#include "fault_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace loom::testing {

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    if (static_cast<unsigned char>(letter) < 0x20) {
      out += ' ';
    } else {
      out += letter;
    }
  }
  return out + '"';
}

std::string recovery_fields(std::vector<std::chrono::milliseconds> recoveries) {
  if (recoveries.empty()) return {};
  std::sort(recoveries.begin(), recoveries.end());
  return fmt::format(R"(,"recoveries":{},"recovery_median_ms":{},"recovery_longest_ms":{})", recoveries.size(),
                     recoveries[(recoveries.size() - 1) / 2].count(), recoveries.back().count());
}

}  // namespace

std::string to_json(const FaultRecord& record) {
  const Verdict& verdict = record.verdict;
  std::string line = fmt::format(R"({{"fault":{},"test":{},"passed":{},"long":{},"injected":{})", quoted(record.fault),
                                 quoted(record.test), record.passed, record.long_run, record.injected);
  line += fmt::format(
      R"(,"messages":{},"missing":{},"twice":{},"wrong":{},"bad":{},"dead_letters":{},"dead_letters_wrong":{})",
      verdict.expected, verdict.missing, verdict.twice + verdict.foreign, verdict.wrong, verdict.bad,
      verdict.dead_letters, verdict.dead_wrong);
  line += recovery_fields(record.recoveries);
  if (!record.note.empty()) line += R"(,"note":)" + quoted(record.note);
  line += fmt::format(R"(,"seed":{},"seconds":{},"day":"{:%Y-%m-%d}"}})", record.seed, record.lasted.count(),
                      fmt::gmtime(std::time(nullptr)));
  return line;
}

void report(const FaultRecord& record) {
  const char* path = std::getenv("LOOM_FAULT_REPORT");
  if (path == nullptr || *path == '\0') return;
  std::ofstream file(path, std::ios::app);
  file << to_json(record) << '\n';
  if (!file.flush()) throw std::runtime_error(std::string("cannot write ") + path);
}

}  // namespace loom::testing
