#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/message.h"
#include "options.h"

struct rd_kafka_s;

namespace loom::bench {

/// A librdkafka consumer without a group, at the begin of every partition of these topics.
/// Threads: one at a time.  Owns: the client.  Fails: std::runtime_error.
class BacklogConsumer {
 public:
  BacklogConsumer(const Options& options, const std::vector<Target>& targets);
  [[nodiscard]] rd_kafka_s* client() const { return client_.get(); }

 private:
  struct Destroy {
    void operator()(rd_kafka_s* client) const;
  };
  std::unique_ptr<rd_kafka_s, Destroy> client_;
};

/// Fills each topic as the shares say, or by key, unless it holds that many messages already.
/// Blocks: until Kafka has acknowledged all.  Fails: std::runtime_error.
void produce_backlog(const Options& options);

/// Reads the whole topic of a target once, from a consumer without a group; each call of `take` gets some thousand
/// messages whose bytes live as long as the call. Returns bytes of all values together.
/// Blocks: until all have come.  Fails: std::runtime_error when they do not.
std::uint64_t read_backlog(const Options& options, std::size_t target,
                           const std::function<void(const std::vector<Message>&)>& take);

}  // namespace loom::bench
