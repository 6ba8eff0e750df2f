#pragma once

#include <chrono>
#include <cstddef>

namespace loom::http {

/// What clients may cost at most. A deadline is for the whole of a step and does not begin again with each byte.
struct Limits {
  using milliseconds = std::chrono::milliseconds;

  milliseconds idle_most{5'000};     ///< until the first byte of the next request
  milliseconds request_most{5'000};  ///< from a request's first byte to the last of its head
  milliseconds answer_most{10'000};  ///< for the client to take all of an answer
  milliseconds rest_most{500};       ///< for what still comes when the last answer has been sent

  std::size_t connections_most = 128;
  std::size_t waiting_most = 64;                            ///< requests in line for one route
  std::size_t head_bytes_most = std::size_t{64} << 10U;     ///< of one request; its body is not kept
  std::size_t untaken_bytes_most = std::size_t{32} << 20U;  ///< answers on their way, of all connections; one always is

  std::size_t gzip_bytes_least = 1024;  ///< smaller answers go as they are
};

static_assert(Limits{}.waiting_most < Limits{}.connections_most, "one route that hangs leaves connections to others");
static_assert(Limits{}.head_bytes_most * Limits{}.connections_most <= std::size_t{8} << 20U,
              "all requests together take 8 MiB at most");

}  // namespace loom::http
