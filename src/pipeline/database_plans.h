#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mapping/mapping_file.h"
#include "mapping/problem.h"
#include "pipeline/plan_provider.h"

namespace loom::pipeline {

/// Plans from the mapping file and the database's catalog. Requests that come together are answered by one reading.
/// Threads: request() from any; answers come from a thread of its own, or at once where the plan is known.
/// Owns:    that thread, and the plans made so far.
/// Blocks:  the destructor, while a reading of the catalog is under way (at most the connect timeout).
class DatabasePlans final : public PlanProvider {
 public:
  DatabasePlans(mapping::MappingFile file, std::string database_url);
  ~DatabasePlans() override;
  DatabasePlans(const DatabasePlans&) = delete;
  DatabasePlans& operator=(const DatabasePlans&) = delete;

  void request(const std::string& topic, bool fresh, std::function<void(PlanAnswer)> answer) override;

  /// Compiles every topic of the file now. Returns the problems, warnings among them, for the log.
  /// Fails: std::runtime_error when the database cannot be read.
  std::vector<mapping::Problem> preload();

  /// The topics and patterns to subscribe to.
  [[nodiscard]] std::vector<std::string> topics() const;

 private:
  struct Request {
    std::string topic;
    std::function<void(PlanAnswer)> answer;
  };

  void run();
  void answer_all(const std::vector<Request>& requests);

  // Constant after construction
  const mapping::MappingFile file_;
  const std::string url_;

  std::mutex mutex_;
  std::condition_variable asked_;
  std::vector<Request> requests_;                                           // guarded by mutex_
  std::map<std::string, std::shared_ptr<const mapping::TopicPlan>> plans_;  // by mapping key; guarded by mutex_
  bool stopping_ = false;                                                   // guarded by mutex_
  std::thread thread_;
};

}  // namespace loom::pipeline
