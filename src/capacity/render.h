#pragma once

#include <string>

#include "capacity/plan.h"

namespace loom::capacity {

/// For a terminal: what is needed, which limits are passed, what was assumed, and the values of the chart.
std::string render(const Plan& plan);

std::string render_json(const Plan& plan);

/// Values of the chart for one of the deployments, as YAML for `helm --values`.
std::string helm_values(const Plan& plan);

}  // namespace loom::capacity
