#pragma once

#include <prometheus/metric_family.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "status/process.h"
#include "status/snapshot.h"

// The parts of metrics_text(), for metrics.cpp and its neighbours: prometheus-cpp goes no further.
namespace loom::status {

using Labels = std::vector<prometheus::ClientMetric::Label>;

/// The families of one answer, in order. A family without series is shown too, by its HELP and TYPE.
class Families {
 public:
  /// One family under construction. Valid until the next one is begun.
  class Family {
   public:
    explicit Family(prometheus::MetricFamily& family) : family_(family) {}
    Family& add(double value, Labels labels = {}) {
      prometheus::ClientMetric& metric = family_.metric.emplace_back();
      metric.label = std::move(labels);
      (family_.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
      return *this;
    }
    Family& add(std::uint64_t value, Labels labels = {}) { return add(static_cast<double>(value), std::move(labels)); }
    Family& add(bool value, Labels labels = {}) { return add(value ? 1.0 : 0.0, std::move(labels)); }
    void reserve(std::size_t series) { family_.metric.reserve(series); }

   private:
    prometheus::MetricFamily& family_;
  };

  Family counter(std::string name, std::string help) {
    return begin(std::move(name), std::move(help), prometheus::MetricType::Counter);
  }
  Family gauge(std::string name, std::string help) {
    return begin(std::move(name), std::move(help), prometheus::MetricType::Gauge);
  }
  void histogram(std::string name, std::string help, const Histogram& histogram);

  [[nodiscard]] const std::vector<prometheus::MetricFamily>& all() const { return all_; }

 private:
  Family begin(std::string name, std::string help, prometheus::MetricType type) {
    all_.push_back({std::move(name), std::move(help), type, {}});
    return Family(all_.back());
  }
  std::vector<prometheus::MetricFamily> all_;
};

void add_topic_metrics(Families& families, const Snapshot& snapshot);
void add_lag_metrics(Families& families, const Snapshot& snapshot);
void add_process_metrics(Families& families, const ProcessUsage& usage);

}  // namespace loom::status
