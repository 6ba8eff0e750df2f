#include "deploy/support/pod.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/http.h"

namespace loom::testing {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

ContainerPlan container(const nlohmann::json& given) {
  return {.arguments = given.at("arguments").get<std::vector<std::string>>(),
          .environment = given.at("environment").get<Environment>()};
}

ProbeSettings probe_of(const nlohmann::json& given) {
  return {.path = given.at("path"),
          .initial_delay = seconds(given.at("initial_delay")),
          .period = seconds(given.at("period")),
          .timeout = seconds(given.at("timeout")),
          .failures = given.at("failures"),
          .successes = given.at("successes")};
}

std::string text(const std::map<int, int>& answers) {
  std::string out;
  for (const auto& [status, times] : answers) {
    out += fmt::format("{}{} x {}", out.empty() ? "" : ", ", times, status == 0 ? "none" : std::to_string(status));
  }
  return out.empty() ? "not asked" : out;
}

}  // namespace

PodPlan render_pod(const std::string& folder, const std::vector<std::string>& set) {
  std::vector<std::string> arguments{LOOM_SOURCE_DIR "/tests/deploy/support/pod_environment.py", "--folder", folder};
  for (const auto& value : set) arguments.insert(arguments.end(), {"--set", value});
  arguments.insert(arguments.begin(), "-B");
  const CommandResult done = run_command("/usr/bin/python3", arguments, {}, seconds(60));
  if (done.exit_code != 0) throw std::runtime_error("the chart cannot be rendered: " + done.err);
  const auto all = nlohmann::json::parse(done.out);
  const auto& probes = all.at("pod").at("probes");
  PodPlan plan{.service = container(all.at("pod")),
               .job = {},
               .startup = probe_of(probes.at("startup")),
               .liveness = probe_of(probes.at("liveness")),
               .readiness = probe_of(probes.at("readiness")),
               .grace = seconds(all.at("pod").at("grace"))};
  for (const auto& one : all.at("job")) plan.job.push_back(container(one));
  if (all.at("replicas").is_number()) plan.replicas = all.at("replicas");
  return plan;
}

Kubelet::Kubelet(const ServiceProcess& process, const PodPlan& plan)
    : process_(process), plan_(plan), thread_([this] { run(); }) {}

Kubelet::~Kubelet() { stop(); }

void Kubelet::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Kubelet::run() {
  constexpr milliseconds kLookEvery{20};
  int port = 0;
  Watch startup{.name = "startup", .settings = plan_.startup, .due = begin_ + plan_.startup.initial_delay};
  Watch liveness{.name = "liveness", .settings = plan_.liveness, .due = {}};
  Watch readiness{.name = "readiness", .settings = plan_.readiness, .due = {}};
  while (!stopping_) {
    if (port == 0) port = ServiceHttp::port_of(process_);  // the chart's own is one for all pods of this machine
    const auto now = Clock::now();
    if (!startup.well()) {
      if (now >= startup.due && ask(startup, port)) {
        liveness.due = Clock::now() + plan_.liveness.initial_delay;
        readiness.due = Clock::now() + plan_.readiness.initial_delay;
      }
      judge_liveness(startup);
    } else {
      if (now >= liveness.due) {
        ask(liveness, port);
        judge_liveness(liveness);
      }
      if (now >= readiness.due) {
        ask(readiness, port);
        judge_readiness(readiness);
      }
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

/// True: it is well now.
bool Kubelet::ask(Watch& watch, int port) {
  const bool told = terminating_;
  const HttpAnswer answer =
      port == 0 ? HttpAnswer{} : ServiceHttp(port).get(watch.settings.path, watch.settings.timeout);
  const int status = answer.status;
  if (status == 503 && !told && ready_after_ >= 0) ++refusals_[answer.body];
  // One that was told to end while it was asked may have answered before or after that.
  Answers& answers = answers_[watch.name];
  if (told) {
    ++answers.after[status];
  } else if (!terminating_) {
    ++answers.before[status];
  }
  const bool good = status >= 200 && status < 400;
  watch.good = good ? watch.good + 1 : 0;
  watch.bad = good ? 0 : watch.bad + 1;
  watch.due = std::max(watch.due + watch.settings.period, Clock::now());
  return watch.well();
}

void Kubelet::judge_liveness(Watch& watch) {
  if (!watch.failed() || terminating_) return;
  ++restarts_;
  watch.bad = 0;
}

void Kubelet::judge_readiness(const Watch& watch) {
  ++readiness_asked_;
  if (watch.well() && !ready_) {
    ready_ = true;
    if (ready_after_ < 0) ready_after_ = std::chrono::duration_cast<milliseconds>(Clock::now() - begin_).count();
  }
  if (!watch.failed() || !ready_) return;
  ready_ = false;
  if (!terminating_) ++lost_;
}

Kubelet::Answers Kubelet::answers(const std::string& probe) const {
  const auto found = answers_.find(probe);
  return found == answers_.end() ? Answers{} : found->second;
}

std::string Kubelet::describe() const {
  std::string out = fmt::format("process {}: ready after {} ms, lost {} times, {} restarts", process_.pid(),
                                ready_after_.load(), lost_.load(), restarts_.load());
  for (const auto& [probe, answers] : answers_) {
    out += fmt::format("\n  {}: {}; told to end: {}", probe, text(answers.before), text(answers.after));
  }
  for (const auto& [body, times] : refusals_) out += fmt::format("\n  {} times: {}", times, body);
  return out;
}

}  // namespace loom::testing
