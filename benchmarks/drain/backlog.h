#pragma once

#include <functional>
#include <vector>

#include "base/message.h"
#include "options.h"

namespace loom::bench {

/// Fills the topic as the shares say, unless it holds that many messages already.
/// Blocks: until Kafka has acknowledged all.  Fails: std::runtime_error.
void produce_backlog(const Options& options);

/// Reads the whole topic once, from a consumer without a group; each call of `take` gets some thousand messages whose
/// bytes live as long as the call. Returns bytes of all values together.
/// Blocks: until all have come.  Fails: std::runtime_error when they do not.
std::uint64_t read_backlog(const Options& options, const std::function<void(const std::vector<Message>&)>& take);

}  // namespace loom::bench
