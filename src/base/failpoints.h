#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loom {

/// Moments at which a process may die, freeze or be cut off with the most to lose.
enum class Failpoint : std::uint8_t {
  polled,               ///< a message was taken from Kafka
  copying,              ///< a COPY has begun, its end is not sent
  writing_dead_letter,  ///< the same, while the COPY is that of the dead letters
  before_commit,        ///< all is sent but what makes the transaction commit
  commit_sent,          ///< that too; no reply has been read
  committed,            ///< the reply is here; the worker, and Kafka, do not know yet
  revoking,             ///< partitions are about to be given up in a rebalance
  leaving,              ///< the service was told to stop and has not flushed yet
};
inline constexpr std::size_t kFailpoints = 8;
std::string_view to_string(Failpoint point);

/// Told whenever the process passes such a moment. The product's does nothing; a test's may kill or freeze the
/// process.
/// Threads: any.  Blocks: not at all, in the product.
class Failpoints {
 public:
  virtual ~Failpoints() = default;
  virtual void reach(Failpoint /*point*/) {}
};

}  // namespace loom
