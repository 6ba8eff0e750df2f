#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "mapping/mapping_file.h"
#include "mapping/problem.h"
#include "pipeline/compile_topic.h"
#include "pipeline/plan_provider.h"

namespace loom::pipeline {

/// A mapping file, and what became of its topics against the tables as they are. By plan_key(); a topic with an error
/// has no plan.
struct PreparedPlans {
  std::shared_ptr<const mapping::MappingFile> file;
  std::map<std::string, std::shared_ptr<const mapping::TopicPlan>> plans;
  std::vector<mapping::Problem> problems;
};

/// What another mapping file changes, by mapping key.
struct PlanChanges {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;  ///< another mapping, or the table has changed
};

/// Plans from the mapping file and the database's catalog. Requests that come together are answered by one reading.
/// Threads: any; answers come from a thread of its own, or at once where the plan is known.
/// Owns:    that thread, and the plans made so far.
/// Blocks:  the destructor, while a reading of the catalog is under way (at most the connect timeout), or the making of
///          a topic's tables.
class DatabasePlans final : public PlanProvider {
 public:
  /// Makes the tables of a file that the database lacks. Called from the thread of its own.
  using MakeTables = std::function<void(const mapping::MappingFile&)>;
  /// Adds columns for these fields to the table of a topic. What cannot be is passed over, and said once.
  /// Fails: where it could be done at another time.
  using AddColumns = std::function<void(const mapping::TopicMapping&, const mapping::NewFields&)>;

  /// `make_tables`: for topics that are first seen and whose tables go by the topic's name, or by what messages have;
  /// without it such a table has to be there. `add_columns`: for topics with `evolve: add`.
  DatabasePlans(std::shared_ptr<const mapping::MappingFile> file, std::string database_url, MakeTables make_tables = {},
                AddColumns add_columns = {});
  ~DatabasePlans() override;
  DatabasePlans(const DatabasePlans&) = delete;
  DatabasePlans& operator=(const DatabasePlans&) = delete;

  void request(PlanRequest request, std::function<void(PlanAnswer)> answer) override;

  /// Compiles every topic of the file; nothing changes by that.
  /// Blocks: on reading the catalog.
  /// Fails:   std::runtime_error when the database cannot be read.
  [[nodiscard]] PreparedPlans prepare(std::shared_ptr<const mapping::MappingFile> file) const;
  /// From now on topics go by these. A plan that is equal to the one in use leaves that one in place.
  PlanChanges adopt(PreparedPlans prepared);

  [[nodiscard]] std::shared_ptr<const mapping::MappingFile> file() const;
  /// The tables of all plans that their mapping divides by time, each once; not those of somebody else's making.
  [[nodiscard]] std::vector<mapping::TimeTable> time_tables() const;
  /// Whether a topic of this mapping key has a plan.
  [[nodiscard]] bool has_plan(const std::string& mapping) const;

 private:
  struct Request {
    PlanRequest wanted;
    std::function<void(PlanAnswer)> answer;
  };

  /// What of the requests goes by which mapping, and what is wrong before the catalog is read.
  struct Wanted {
    const mapping::TopicMapping* mapping = nullptr;
    std::vector<ConcreteTopic> concrete;
    std::shared_ptr<const mapping::TopicPlan> grows;  ///< the plan whose variants stay as they are; nullptr: none do
    std::string error;
    batch::Cause cause = batch::Cause::none;  // of the error
  };

  void run();
  /// What is wanted of a topic's plan by all that ask at once.
  struct Asked {
    bool fresh = false;
    mapping::PlanWants wants;
  };
  Wanted find_mapping(const mapping::MappingFile& file, const std::string& topic, const Asked& asked) const;
  void make_tables(const mapping::MappingFile& file, const std::string& topic, Wanted& wanted) const;
  void add_columns(mapping::NewFields fields, const mapping::TopicPlan* in_use, Wanted& wanted) const;
  void know_fields(const mapping::TopicMapping& mapping, const std::string& topic, const mapping::NewFields& asked,
                   mapping::TopicPlan& plan) const;
  /// The topic's plan, if it goes by the same headers as this mapping; else nullptr.
  [[nodiscard]] std::shared_ptr<const mapping::TopicPlan> plan_in_use(const mapping::TopicMapping& mapping,
                                                                      const std::string& topic) const;
  /// Topics that have a plan of their own under a mapping that others share.
  [[nodiscard]] std::vector<std::string> topics_with_tables() const;
  void answer_all(std::vector<Request> requests);
  bool deliver(const mapping::MappingFile& file, const mapping::TopicMapping* mapping, const Request& request,
               PlanAnswer answer);

  // Constant after construction
  const std::string url_;
  const MakeTables make_tables_;
  const AddColumns add_columns_;

  mutable Mutex mutex_;
  CondVar asked_;
  std::shared_ptr<const mapping::MappingFile> file_ LOOM_GUARDED_BY(mutex_);
  std::vector<Request> requests_ LOOM_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<const mapping::TopicPlan>> plans_ LOOM_GUARDED_BY(mutex_);  // by plan_key()
  bool stopping_ LOOM_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace loom::pipeline
