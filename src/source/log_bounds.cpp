#include "source/log_bounds.h"

#include <algorithm>

#include "source/handles.h"

namespace loom::source {

namespace {

/// librdkafka looks for each answer in the whole list, so a long one would cost its square.
constexpr std::size_t kAtOnce = 128;

}  // namespace

std::optional<std::vector<std::int64_t>> ask_log_bounds(
    rd_kafka_t* client, const std::vector<std::pair<std::string, std::int32_t>>& partitions, LogBound bound,
    std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + timeout;
  std::vector<std::int64_t> bounds;
  bounds.reserve(partitions.size());
  for (std::size_t begin = 0; begin < partitions.size(); begin += kAtOnce) {
    const std::size_t end = std::min(begin + kAtOnce, partitions.size());
    const ListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(end - begin)));
    for (std::size_t i = begin; i < end; ++i) {
      auto* const one =
          rd_kafka_topic_partition_list_add(list.get(), partitions[i].first.c_str(), partitions[i].second);
      one->offset = static_cast<std::int64_t>(bound);  // in place of a time
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const int patience = static_cast<int>(std::max<std::int64_t>(left.count(), 1));
    if (rd_kafka_offsets_for_times(client, list.get(), patience) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    for (int i = 0; i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& one = list->elems[i];
      if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR || one.offset < 0) return std::nullopt;
      bounds.push_back(one.offset);
    }
  }
  return bounds;
}

}  // namespace loom::source
