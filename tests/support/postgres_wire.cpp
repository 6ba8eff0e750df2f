#include "support/postgres_wire.h"

namespace loom::testing {

namespace {

constexpr std::uint32_t kSslRequest = 80'877'103;
constexpr std::uint32_t kGssRequest = 80'877'104;
constexpr std::size_t kLength = 4;

}  // namespace

bool PostgresWire::Side::take_head(unsigned char byte, PostgresWire& session) {
  if (!client_ && session.bare_answers_ > 0 && head_ == 0) {
    --session.bare_answers_;
    type_ = '\0';
    return true;
  }
  // Before the session begins, the client's head is a length and a request; then it is a type and a length.
  const bool typed = !client_ || session.begun_;
  const std::size_t place = head_++;
  if (typed) {
    if (place == 0) {
      type_ = static_cast<char>(byte);
      length_ = 0;
      return false;
    }
    length_ = (length_ << 8) | byte;
    if (place < kLength) return false;
    left_ = length_ - kLength;
  } else {
    if (place == 0) type_ = '\0', length_ = request_ = 0;
    (place < kLength ? length_ : request_) = ((place < kLength ? length_ : request_) << 8) | byte;
    if (place < 2 * kLength - 1) return false;
    left_ = length_ - 2 * kLength;
    if (request_ == kSslRequest || request_ == kGssRequest) {
      ++session.bare_answers_;
    } else {
      session.begun_ = true;
    }
  }
  head_ = 0;
  return true;
}

}  // namespace loom::testing
