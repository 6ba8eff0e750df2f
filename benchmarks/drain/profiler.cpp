#include "profiler.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string_view>

namespace loom::bench {
namespace {

constexpr int kPatienceMs = 30'000;

/// A named pipe, open for both directions so that opening it waits for nobody.
class Pipe {
 public:
  explicit Pipe(const std::string& path) {
    unlink(path.c_str());
    if (mkfifo(path.c_str(), 0600) == 0) file_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file_ < 0) throw std::runtime_error("cannot make the pipe " + path);
  }
  ~Pipe() { close(file_); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] bool put(std::string_view text) const {
    return write(file_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
  [[nodiscard]] bool answered(int patience_ms) const {
    pollfd wanted{.fd = file_, .events = POLLIN, .revents = 0};
    std::array<char, 64> text{};
    return poll(&wanted, 1, patience_ms) == 1 && read(file_, text.data(), text.size()) > 0;
  }

 private:
  int file_ = -1;
};

}  // namespace

Profiler::Profiler(const Options& options, const std::string& name) {
  if (!options.profile) return;
  const std::string base = options.work_dir + "/" + name;
  const Pipe orders(base + ".orders");
  const Pipe answers(base + ".answers");
  // It starts disabled: what it does to get ready belongs to no profile.
  perf_.emplace(
      std::vector<std::string>{"perf", "record", "-q", "-a", "-g", "-F", "499", "--delay=-1",
                               "--control=fifo:" + base + ".orders," + base + ".answers", "-o", base + ".perf"},
      std::map<std::string, std::string>{}, base + ".perf.log");
  if (!orders.put("enable\n") || !answers.answered(kPatienceMs)) {
    throw std::runtime_error("perf does not record (it may need root, see perf_event_paranoid); its log: " + base +
                             ".perf.log");
  }
}

void Profiler::stop() {
  if (perf_) perf_->stop(SIGINT, std::chrono::seconds(30));
}

}  // namespace loom::bench
