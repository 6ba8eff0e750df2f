#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "decode/json/json_walk.h"
#include "decode/value.h"

namespace loom::encode {

/// PostgreSQL's own limit of an array's dimensions (MAXDIM).
inline constexpr std::size_t kMaxDimensions = 6;

/// The shape of a list of lists.
struct Dimensions {
  std::array<std::uint32_t, kMaxDimensions> sizes{};
  std::size_t count = 0;  ///< 0: there is no element in it
};

/// Reads a JSON list, of any depth, into its dimensions and its values in their order. The values hold until `walk`
/// opens another text.
/// Fails: false for a list that is ragged, has more dimensions than PostgreSQL takes, or is no valid JSON.
bool read_nested_list(std::string_view json, decode::JsonWalk& walk, std::vector<decode::Value>& leaves,
                      Dimensions& dimensions);

}  // namespace loom::encode
