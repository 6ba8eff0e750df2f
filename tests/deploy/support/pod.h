#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/service_process.h"

namespace loom::testing {

/// When and how Kubernetes asks a container whether it is well.
struct ProbeSettings {
  std::string path;
  std::chrono::milliseconds initial_delay{0};
  std::chrono::milliseconds period{10'000};
  std::chrono::milliseconds timeout{1'000};
  int failures = 3;   ///< so many in a row make it fail
  int successes = 1;  ///< and so many make it well again
};

/// A container as the chart describes it.
struct ContainerPlan {
  std::vector<std::string> arguments;
  Environment environment;
};

/// What the rendered chart says about the pods; see pod_environment.py.
struct PodPlan {
  ContainerPlan service;
  std::vector<ContainerPlan> job;  ///< the migration Job's containers, in order
  ProbeSettings startup, liveness, readiness;
  std::chrono::seconds grace{30};
  int replicas = 0;
};

/// Renders the chart with these `--set` values; mounted files go below `folder`.
/// Fails: std::runtime_error with what helm says.
PodPlan render_pod(const std::string& folder, const std::vector<std::string>& set);

/// Looks after one process as a kubelet does after a container: the startup probe until it succeeds, then the other
/// two at their periods. It restarts nothing: what would have been restarted is remembered.
/// Threads: one of its own, until stop().  Owns: nothing else; the process outlives it.
class Kubelet {
 public:
  Kubelet(const ServiceProcess& process, const PodPlan& plan);
  ~Kubelet();
  Kubelet(const Kubelet&) = delete;
  Kubelet& operator=(const Kubelet&) = delete;

  /// It was told to end: from now on no probe counts against it, as in a pod that is being deleted.
  void terminating() { terminating_ = true; }
  void stop();

  /// The pod's condition Ready: the traffic, and a rollout, go by it.
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] std::chrono::milliseconds ready_after() const { return std::chrono::milliseconds(ready_after_); }
  /// How often this probe was asked so far.
  [[nodiscard]] int readiness_asked() const { return readiness_asked_; }
  /// How often Ready was lost, but for the end.
  [[nodiscard]] int lost() const { return lost_; }
  /// How often it would have been restarted.
  [[nodiscard]] int restarts() const { return restarts_; }

  /// After stop(): how often a probe (startup, liveness, readiness) was answered how, 0 being no answer; before it was
  /// told to end, and after.
  struct Answers {
    std::map<int, int> before;
    std::map<int, int> after;
  };
  [[nodiscard]] Answers answers(const std::string& probe) const;
  /// After stop(): what was said with a 503 once it had been ready, and how often.
  [[nodiscard]] const std::map<std::string, int>& refusals() const { return refusals_; }
  [[nodiscard]] std::string describe() const;

 private:
  /// One probe and its run of equal answers.
  struct Watch {
    std::string name;
    const ProbeSettings& settings;
    std::chrono::steady_clock::time_point due;
    int good = 0;
    int bad = 0;
    [[nodiscard]] bool well() const { return good >= settings.successes; }
    [[nodiscard]] bool failed() const { return bad >= settings.failures; }
  };
  void run();
  bool ask(Watch& watch, int port);
  void judge_liveness(Watch& watch);
  void judge_readiness(const Watch& watch);

  const ServiceProcess& process_;
  const PodPlan& plan_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::atomic<bool> stopping_{false};
  std::atomic<bool> terminating_{false};
  std::atomic<bool> ready_{false};
  std::atomic<std::int64_t> ready_after_{-1};
  std::atomic<int> readiness_asked_{0};
  std::atomic<int> lost_{0};
  std::atomic<int> restarts_{0};
  // The thread's, until stop():
  std::map<std::string, Answers> answers_;
  std::map<std::string, int> refusals_;
  std::thread thread_;
};

}  // namespace loom::testing
