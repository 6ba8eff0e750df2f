#pragma once

#include <functional>
#include <memory>
#include <string>

#include "batch/cause.h"
#include "mapping/plan.h"
#include "mapping/plan_wants.h"

namespace loom::pipeline {

/// A topic's plan, or why there is none now.
struct PlanAnswer {
  std::shared_ptr<const mapping::TopicPlan> plan;
  std::string error;
  batch::Cause cause = batch::Cause::none;  ///< of the error
};

/// Which plan is wanted.
struct PlanRequest {
  std::string topic;
  /// The catalog is read again, since the plan in hand proved wrong. Else only that of tables which it does not have.
  bool fresh = false;
  /// What it has to have beyond what it has; mostly nothing.
  mapping::PlanWants wants{};
};

/// Gives topics their plans, reading the tables' catalog entries when asked to.
/// Threads: request() from any; `answer` is called once, on any thread (also before request() returns), and must be
/// quick.
class PlanProvider {
 public:
  virtual ~PlanProvider() = default;
  virtual void request(PlanRequest request, std::function<void(PlanAnswer)> answer) = 0;
};

}  // namespace loom::pipeline
