#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "batch/cause.h"
#include "mapping/plan.h"

namespace loom::pipeline {

/// A topic's plan, or why there is none now.
struct PlanAnswer {
  std::shared_ptr<const mapping::TopicPlan> plan;
  std::string error;
  batch::Cause cause = batch::Cause::none;  ///< of the error
};

/// Gives topics their plans, reading the tables' catalog entries when asked to.
/// Threads: request() from any; `answer` is called once, on any thread (also before request() returns), and must be
/// quick.
class PlanProvider {
 public:
  virtual ~PlanProvider() = default;
  /// From now on the topic's plan has tables for these values, too (see mapping::TopicPlan::table_headers).
  virtual void note_tables(const std::string& /*topic*/, const std::set<mapping::TableValues>& /*values*/) {}
  /// `fresh`: the catalog is read again, since the plan in hand proved wrong.
  virtual void request(const std::string& topic, bool fresh, std::function<void(PlanAnswer)> answer) = 0;
};

}  // namespace loom::pipeline
