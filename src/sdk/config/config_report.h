#pragma once

#include <string>
#include <vector>

#include "sdk/config/config_store.h"

/// What the `configs` commands print. Pure.
namespace loom::kafka {

/// A line for each service.
std::string render_table(const std::vector<ConsumerConfig>& configs);
/// One with all its settings, what librdkafka is told, and what had to be changed for that.
std::string render_table(const ConsumerConfig& config);
/// All settings of each, and what librdkafka is told: an array.
std::string render_json(const std::vector<ConsumerConfig>& configs);

std::string render_table(const std::vector<Populated>& done);

/// Advice, and what it changes (`applied`) or would change.
struct AdviceReport {
  std::vector<Recommendation> advice;
  std::vector<AdvisedChange> changes;
  bool applied = false;
};
std::string render_table(const AdviceReport& report);
std::string render_json(const AdviceReport& report);

}  // namespace loom::kafka
