#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "database.h"
#include "log.h"
#include "pipeline/worker.h"
#include "random.h"
#include "support/manual_clock.h"

namespace loom::simulation {

/// Plans that always exist, sometimes late, sometimes refused.
class SimulatedPlans final : public pipeline::PlanProvider {
 public:
  SimulatedPlans(Random& random, const bool& faults);
  void request(pipeline::PlanRequest request, std::function<void(pipeline::PlanAnswer)> answer) override;

 private:
  Random& random_;
  const bool& faults_;
  std::shared_ptr<const mapping::TopicPlan> plan_;
};

/// Production workers between a simulated Kafka and a simulated PostgreSQL, stepped on one thread. Which worker steps,
/// which batch ends how, who owns what and when time passes: one seed decides.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  /// A stretch with faults, then one without in which everything has to be stored.
  void run();

 private:
  struct Member {  ///< a worker of some replica; frozen: its process is stopped, and wakes up with what it held
    std::unique_ptr<pipeline::Worker> worker;
    bool frozen = false;
  };
  struct Owner {
    std::size_t member = 0;
    SimulatedSource* source = nullptr;
  };
  struct LateNews {  ///< a member that was frozen has not heard yet that it lost this partition
    std::size_t member = 0;
    Where where;
  };

  pipeline::Context context();
  void act();
  [[nodiscard]] std::string describe() const;
  void produce();
  void lose_end_of_a_log();
  void assign(const Where& where);
  void release_one();
  void steal_from_frozen();
  void tell_late_news();
  void give_up_waiting(const batch::Batch& batch);
  void finish_ghost();
  void audit();
  void finish_job(bool faults);
  void let_time_pass();
  void step(std::size_t member);
  void poke_all();
  std::size_t live_member();

  Random random_;
  bool faults_ = true;
  test_support::ManualClock clock_;
  pipeline::Counters counters_;
  pipeline::MemoryBudget memory_{std::size_t{64} << 20U};
  Failpoints failpoints_;
  std::map<Where, Log> logs_;
  SimulatedDatabase database_;
  SimulatedSink sink_;
  SimulatedPlans plans_;
  std::vector<Transaction> ghosts_;  // given up by their client, still running in a backend
  std::vector<Member> members_;
  std::map<Where, Owner> owners_;
  std::vector<LateNews> late_news_;
  std::int64_t next_id_ = 1;
};

}  // namespace loom::simulation
