#include "pipeline/batch_encoder.h"

#include <algorithm>

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
  for (auto& message : batch->messages) {
    if (stays(message.partition)) append(*fresh, std::move(message));
  }
  if (fresh->ranges.empty() && fresh->messages.empty()) return nullptr;
  return fresh;
}

}  // namespace loom::pipeline
