#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace loom::sink {

/// Which keys were sent lately: so a row that may meet another one with its key is known before it is sent, and nearly
/// no COPY fails for it. It is no more than a hint. Whoever asks in vain, or is told of a key that is in no table,
/// writes the same rows in another way; what is true the table's index says.
///
/// Keys are kept as 32 bits of a hash, 16 of them in one line of the cache, the oldest of a line giving way: the last
/// million of keys, and most of the one before it (a test measures that). A wrong "met" comes about once in 250
/// million.
/// Threads: any, at once.
/// Owns:    8 MiB from the first key on, for all tables together.
class KeyMemory {
 public:
  /// Keeps this hash of a table and a key; true: it was there.
  bool meet(std::uint64_t hash);
  /// It will be asked for soon: 8 MiB are in no near cache.
  void prefetch(std::uint64_t hash) { __builtin_prefetch(&lines().line[hash % kLines], 1); }

 private:
  static constexpr std::size_t kWays = 16;
  static constexpr std::size_t kLines = std::size_t{1} << 17U;

  struct alignas(64) Line {
    std::array<std::atomic<std::uint32_t>, kWays> keys{};  // 0: free
  };
  struct Lines {
    std::array<Line, kLines> line{};
    std::array<std::atomic<std::uint8_t>, kLines> oldest{};
  };
  Lines& lines() {
    std::call_once(made_, [this] { lines_ = std::make_unique<Lines>(); });
    return *lines_;
  }

  std::once_flag made_;
  std::unique_ptr<Lines> lines_;  // constant once made
};

}  // namespace loom::sink
