#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loom::testing {

/// Where one message of PostgreSQL's protocol lies in the bytes that were given, and what it is.
struct WireMessage {
  char type = '\0';       ///< '\0': one of those before the session begins, which have no type
  std::size_t begin = 0;  ///< 0 when it began in bytes given before
  std::size_t end = 0;
};

/// Follows one session of PostgreSQL's protocol (version 3, not encrypted) from its first byte: both directions, byte
/// for byte, so that what looks like a message inside of a value is not taken for one.
/// Threads: one at a time.
class PostgresWire {
 public:
  /// Calls `found(WireMessage)` for each message of the client that ends in these bytes.
  template <typename Found>
  void from_client(std::string_view bytes, const Found& found) {
    client_.read(bytes, *this, found);
  }
  /// The same for the server's.
  template <typename Found>
  void from_server(std::string_view bytes, const Found& found) {
    server_.read(bytes, *this, found);
  }

 private:
  /// One direction: the bytes of a head are gathered, those of a body are only counted.
  class Side {
   public:
    explicit Side(bool client) : client_(client) {}
    template <typename Found>
    void read(std::string_view bytes, PostgresWire& session, const Found& found);

   private:
    /// Takes one byte of a head. True when the head is complete: then `left_` bytes of body follow.
    bool take_head(unsigned char byte, PostgresWire& session);

    const bool client_;
    char type_ = '\0';
    std::size_t head_ = 0;       // bytes of the head taken so far
    std::uint32_t length_ = 0;   // as far as it was read
    std::uint32_t request_ = 0;  // what a message without a type asks for
    std::size_t left_ = 0;
  };

  bool begun_ = false;    // the client's messages have types
  int bare_answers_ = 0;  // single bytes that the server owes for requests of encryption
  Side client_{true};
  Side server_{false};
};

template <typename Found>
void PostgresWire::Side::read(std::string_view bytes, PostgresWire& session, const Found& found) {
  std::size_t begin = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (left_ == 0) {
      if (!take_head(static_cast<unsigned char>(bytes[at++]), session)) continue;
    }
    const std::size_t step = left_ < bytes.size() - at ? left_ : bytes.size() - at;
    at += step;
    left_ -= step;
    if (left_ > 0) return;
    found(WireMessage{type_, begin, at});
    begin = at;
  }
}

}  // namespace loom::testing
