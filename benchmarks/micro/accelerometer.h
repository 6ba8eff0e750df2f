#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "mapping/plan.h"

namespace loom::benchmarks {

/// The workload: messages of a nested accelerometer topic, about 300 bytes each, and a plan of 11 columns for them.
std::vector<std::string> accelerometer_messages(std::size_t count);
std::shared_ptr<const mapping::TopicPlan> accelerometer_plan(bool binary);

}  // namespace loom::benchmarks
