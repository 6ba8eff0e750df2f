#include "decode/json/structural_index.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace loom::decode {
namespace {

constexpr std::size_t kSmallestCapacity = 4096;
// Positions for a text of this size are kept for good; what a larger one needed is given back after the next small one.
constexpr std::size_t kKeptCapacity = std::size_t{256} * 1024;

const char* describe(simdjson::error_code code) {
  switch (code) {
    case simdjson::EMPTY:
      return "there is no JSON value in it";
    case simdjson::UTF8_ERROR:
      return "it is not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string does not end";
    case simdjson::UNESCAPED_CHARS:
      return "a control character stands unescaped in a string";
    case simdjson::CAPACITY:
      return "it is larger than 4 GiB";
    default:
      return "it has no JSON structure";
  }
}

}  // namespace

// On-Demand's own parser object makes and runs this very stage, but keeps what it found to itself. It is used here
// directly, because the walk on top of it (json_walk) has to check all that it passes over and to keep the values.
struct StructuralIndex::Stage {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> kernel;
  bool reads_beyond_end = false;
};

StructuralIndex::StructuralIndex() : stage_(std::make_unique<Stage>()) {
  stage_->reads_beyond_end = simdjson::get_active_implementation()->name() == "fallback";
}
StructuralIndex::~StructuralIndex() = default;
StructuralIndex::StructuralIndex(StructuralIndex&&) noexcept = default;
StructuralIndex& StructuralIndex::operator=(StructuralIndex&&) noexcept = default;

void StructuralIndex::make_room(std::size_t size) {
  const bool wasteful = capacity_ > kKeptCapacity && size < capacity_ / 4;
  if (size <= capacity_ && !wasteful) return;
  const std::size_t wanted = std::max(kSmallestCapacity, std::bit_ceil(size));
  stage_->kernel.reset();
  capacity_ = 0;
  if (simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, stage_->kernel) !=
      simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
  capacity_ = wanted;
}

const char* StructuralIndex::build(std::string_view text) {
  if (text.empty()) return describe(simdjson::EMPTY);
  if (text.size() >= simdjson::SIMDJSON_MAXSIZE_BYTES) return describe(simdjson::CAPACITY);
  make_room(text.size());
  // The SIMD kernels copy the last, partial block before they look at it, so the text needs no padding behind it.
  const char* bytes = text.data();
  if (stage_->reads_beyond_end) {
    padded_.resize(text.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(padded_.data(), text.data(), text.size());
    bytes = padded_.data();
  }
  auto& kernel = *stage_->kernel;
  const auto error =
      kernel.stage1(reinterpret_cast<const std::uint8_t*>(bytes), text.size(), simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return describe(error);
  if (kernel.n_structural_indexes == 0) return describe(simdjson::EMPTY);
  begin_ = kernel.structural_indexes.get();
  end_ = begin_ + kernel.n_structural_indexes;
  kernel.structural_indexes[kernel.n_structural_indexes] = static_cast<std::uint32_t>(text.size());
  return nullptr;
}

bool is_utf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

}  // namespace loom::decode
