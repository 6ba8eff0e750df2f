#include "admin/member_assignment.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace loom::admin {
namespace {

/// Big-endian numbers and strings, taken from the front.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  std::optional<std::int64_t> number(std::size_t width) {
    const auto bytes = text(width);
    if (!bytes) return std::nullopt;
    std::uint64_t value = 0;
    for (const char byte : *bytes) value = value << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
  }
  std::optional<std::string_view> text(std::size_t length) {
    if (length > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

 private:
  std::string_view rest_;
};

}  // namespace

void read_member_assignment(std::string_view bytes, std::vector<TopicPartitionOffset>& partitions) {
  Bytes in(bytes);
  if (!in.number(2)) return;
  const std::int64_t topics = in.number(4).value_or(0);
  for (std::int64_t i = 0; i < topics; ++i) {
    const auto length = in.number(2);
    const auto topic = length ? in.text(static_cast<std::size_t>(*length)) : std::nullopt;
    const auto count = topic ? in.number(4) : std::nullopt;
    if (!count) return;
    for (std::int64_t p = 0; p < *count; ++p) {
      const auto partition = in.number(4);
      if (!partition) return;
      partitions.push_back({std::string(*topic), static_cast<std::int32_t>(*partition), 0});
    }
  }
}

}  // namespace loom::admin
