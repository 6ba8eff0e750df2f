#pragma once

#include <string>
#include <vector>

#include "ceiling.h"
#include "drain.h"
#include "options.h"

namespace loom::bench {

/// One kind of table: its drains, and beside each the ceiling measured right after it.
struct Section {
  bool with_key = true;
  std::vector<DrainRun> drains;
  std::vector<DrainRun> baselines;  ///< by the other build, each right after its drain; none without one
  std::vector<std::vector<CeilingRun>> ceilings;
};

struct Results {
  Options options;
  double message_bytes = 0;       ///< of one message
  double row_bytes = 0;           ///< of one row in binary COPY
  double encoded_per_second = 0;  ///< by one core
  std::vector<Section> sections;
};

/// For a person: each figure of each repetition, and the median.
std::string render(const Section& section);
/// For programs, with everything in it.
std::string render_json(const Results& results);

}  // namespace loom::bench
