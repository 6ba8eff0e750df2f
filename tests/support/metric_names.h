#pragma once

#include <map>
#include <set>
#include <string>

namespace loom::testing {

/// What is known of a metric, from its documentation or from an answer of /metrics.
struct MetricFacts {
  std::string type;  ///< counter, gauge, histogram
  std::set<std::string> labels;
};
using Metrics = std::map<std::string, MetricFacts>;

/// The tables of docs/metrics.md.
Metrics documented_metrics();

/// An answer of /metrics. A histogram is known by its name without _bucket, _sum and _count; its label `le` is left
/// out.
Metrics exported_metrics(const std::string& text);

/// Each series, as `name{label="value"}`, with its value as it is written.
std::map<std::string, std::string> exported_series(const std::string& text);

/// What is in one and not in the other, or is another there; empty: they agree. A metric whose series only come once
/// something has occurred may have fewer labels when exported: none at all.
std::string differences(const Metrics& documented, const Metrics& exported);

}  // namespace loom::testing
