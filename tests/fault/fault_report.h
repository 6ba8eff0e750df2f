#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "support/numbered.h"

namespace loom::testing {

/// What a test has to say of one line of the fault table.
struct FaultRecord {
  std::string fault;
  std::string test;
  bool passed = false;
  bool long_run = false;
  int injected = 0;
  Verdict verdict;
  std::vector<std::chrono::milliseconds> recoveries;
  unsigned seed = 0;
  std::chrono::seconds lasted{};
  std::string note;  ///< what the figures do not say
};

/// The record as one line of JSON, with median and longest recovery.
std::string to_json(const FaultRecord& record);

/// Appends the line to the file that LOOM_FAULT_REPORT names; nothing where it names none.
/// Fails: std::runtime_error when that file cannot be written.
void report(const FaultRecord& record);

}  // namespace loom::testing
