#include "pipeline/batch_encoder.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace loom::pipeline {

std::unique_ptr<batch::Batch> BatchEncoder::again(std::unique_ptr<batch::Batch> batch,
                                                  const std::vector<std::int32_t>& without) {
  const auto stays = [&](std::int32_t partition) {
    return std::find(without.begin(), without.end(), partition) == without.end();
  };
  auto fresh = std::make_unique<batch::Batch>();
  fresh->topic = topic_;
  fresh->plan = plan_;
  for (const auto& range : batch->ranges) {
    if (stays(range.partition)) fresh->ranges.push_back(range);
  }
  auto doubtful = batch->rejected_if_stored.begin();
  for (std::uint32_t index = 0; index < batch->messages.size(); ++index) {
    const bool in_doubt = doubtful != batch->rejected_if_stored.end() && doubtful->message == index;
    Message& message = batch->messages[index];
    if (stays(message.partition)) {
      if (in_doubt) {
        fresh->rejected_if_stored.push_back(std::move(*doubtful));
        fresh->rejected_if_stored.back().message = static_cast<std::uint32_t>(fresh->messages.size());
      }
      append(*fresh, std::move(message));
    }
    if (in_doubt) ++doubtful;
  }
  if (fresh->ranges.empty() && fresh->messages.empty()) return nullptr;
  return fresh;
}

}  // namespace loom::pipeline
