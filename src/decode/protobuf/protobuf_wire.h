#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "formats/protobuf_schema.h"

/// Protobuf's wire format: tags, varints, and what fields hold. Nothing here reads beyond the end that it is given.
namespace loom::decode {

struct ProtobufFault {
  enum class What : std::uint8_t {
    none,
    ends_early,
    field_number,
    wire_type,
    long_varint,
    end_group,
    length,
    nesting,
    text
  };
  What what = What::none;
  const char* at = nullptr;
  std::string field;  ///< whose bytes they are, as far as it is known

  /// Always nullptr: what readers return that cannot go on.
  [[gnu::noinline, gnu::cold]] const char* set(What kind, const char* where) {
    if (what == What::none) {
      what = kind;
      at = where;
    }
    return nullptr;
  }
  void clear() {
    what = What::none;
    at = nullptr;
    field.clear();
  }
  /// The field lies inside of this one.
  void inside(std::string_view name) {
    if (name.empty()) return;
    field = field.empty() ? std::string(name) : std::string(name) + (field.starts_with('[') ? "" : ".") + field;
  }
};

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length = 2, group = 3, end_group = 4, fixed32 = 5 };

/// The content of one field: without its tag, its length and its end tag.
struct WireField {
  const char* begin = nullptr;
  const char* end = nullptr;
  WireType wire = WireType::varint;
  [[nodiscard]] std::string_view text() const { return {begin, static_cast<std::size_t>(end - begin)}; }
};

const char* read_long_varint(const char* p, const char* end, std::uint64_t& out, ProtobufFault& fault);

// All readers: the place behind what was read, or nullptr and a fault.

[[gnu::always_inline]] inline const char* read_varint(const char* p, const char* end, std::uint64_t& out,
                                                      ProtobufFault& fault) {
  if (p != end && static_cast<signed char>(*p) >= 0) [[likely]] {
    out = static_cast<unsigned char>(*p);
    return p + 1;
  }
  // Not into `out` itself: a variable whose address is given away cannot stay in a register.
  std::uint64_t number = 0;
  p = read_long_varint(p, end, number, fault);
  out = number;
  return p;
}

[[gnu::always_inline]] inline const char* read_tag(const char* p, const char* end, std::uint32_t& tag,
                                                   ProtobufFault& fault) {
  std::uint64_t number = 0;
  const char* const behind = read_varint(p, end, number, fault);
  if (behind == nullptr) return nullptr;
  if (number < 8 || number > 0xFFFF'FFFFU) [[unlikely]]
    return fault.set(ProtobufFault::What::field_number, p);
  tag = static_cast<std::uint32_t>(number);
  return behind;
}

template <typename Number>
[[gnu::always_inline]] inline const char* read_fixed(const char* p, const char* end, Number& out,
                                                     ProtobufFault& fault) {
  if (static_cast<std::size_t>(end - p) < sizeof out) [[unlikely]]
    return fault.set(ProtobufFault::What::ends_early, end);
  std::memcpy(&out, p, sizeof out);
  return p + sizeof out;
}

[[gnu::always_inline]] inline const char* read_length(const char* p, const char* end, std::size_t& length,
                                                      ProtobufFault& fault) {
  std::uint64_t number = 0;
  const char* const behind = read_varint(p, end, number, fault);
  if (behind == nullptr) return nullptr;
  if (number > static_cast<std::uint64_t>(end - behind)) [[unlikely]]
    return fault.set(ProtobufFault::What::length, p);
  length = static_cast<std::size_t>(number);
  return behind;
}

/// The field's content behind its tag. Groups in it may be nested 100 deep.
const char* read_field(const char* p, const char* end, std::uint32_t tag, WireField& field, ProtobufFault& fault);

/// What nobody wants: nearly always short numbers, or what says its length.
[[gnu::always_inline]] inline const char* skip_field(const char* p, const char* end, std::uint32_t tag,
                                                     ProtobufFault& fault) {
  if ((tag & 7U) == static_cast<std::uint32_t>(WireType::length)) {
    std::size_t length = 0;
    p = read_length(p, end, length, fault);
    return p == nullptr ? nullptr : p + length;
  }
  WireField ignored;
  return read_field(p, end, tag, ignored, fault);
}

inline WireType wire_of(formats::ProtobufField::Type type) {
  using ProtoType = formats::ProtobufField::Type;
  switch (type) {
    case ProtoType::float64:
    case ProtoType::fixed64:
    case ProtoType::sfixed64:
      return WireType::fixed64;
    case ProtoType::float32:
    case ProtoType::fixed32:
    case ProtoType::sfixed32:
      return WireType::fixed32;
    case ProtoType::string:
    case ProtoType::bytes:
    case ProtoType::message:
      return WireType::length;
    case ProtoType::group:
      return WireType::group;
    default:
      return WireType::varint;
  }
}

inline bool is_packable(formats::ProtobufField::Type type) {
  const WireType wire = wire_of(type);
  return wire != WireType::length && wire != WireType::group;
}

/// The end of a chain.
inline constexpr std::uint32_t kNoLink = 0xFFFF'FFFFU;

/// Contents of fields that came one after the other, in chains: a message in pieces, the elements of a list. They are
/// held as places in the message's bytes.
/// Threads: one at a time.
class WireChains {
 public:
  struct Link {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
    std::uint32_t next = kNoLink;
    WireType wire = WireType::varint;
  };

  void open(const char* base) {
    base_ = base;
    links_.clear();
  }
  std::uint32_t add(const WireField& field) {
    links_.push_back({static_cast<std::uint32_t>(field.begin - base_),
                      static_cast<std::uint32_t>(field.end - field.begin), kNoLink, field.wire});
    return static_cast<std::uint32_t>(links_.size() - 1);
  }
  [[nodiscard]] WireField at(std::uint32_t link) const {
    const Link& held = links_[link];
    return {base_ + held.begin, base_ + held.begin + held.size, held.wire};
  }
  [[nodiscard]] std::uint32_t next(std::uint32_t link) const { return links_[link].next; }
  void join(std::uint32_t link, std::uint32_t next) { links_[link].next = next; }

  [[nodiscard]] std::size_t mark() const { return links_.size(); }
  void drop_to(std::size_t mark) { links_.resize(mark); }

  /// Each field of a message in pieces: `take(number, field)` says whether to go on.
  template <typename Take>
  bool each_field(std::uint32_t head, ProtobufFault& fault, const Take& take) {
    for (std::uint32_t link = head; link != kNoLink; link = next(link)) {
      const WireField piece = at(link);
      const char* p = piece.begin;
      while (p != piece.end) {
        std::uint32_t tag = 0;
        WireField field;
        p = read_tag(p, piece.end, tag, fault);
        if (p == nullptr) return false;
        p = read_field(p, piece.end, tag, field, fault);
        if (p == nullptr) return false;
        if (!take(tag >> 3U, field)) return false;
      }
    }
    return true;
  }

  /// Each element of a list, packed or not.
  template <typename Take>
  bool each_element(formats::ProtobufField::Type type, std::uint32_t head, ProtobufFault& fault, const Take& take) {
    const bool packable = is_packable(type);
    for (std::uint32_t link = head; link != kNoLink;) {
      const WireField piece = at(link);
      link = next(link);
      if (!packable || piece.wire != WireType::length) {
        if (!take(piece)) return false;
        continue;
      }
      const auto tag = static_cast<std::uint32_t>(wire_of(type));
      const char* p = piece.begin;
      while (p != piece.end) {
        WireField field;
        p = read_field(p, piece.end, tag, field, fault);
        if (p == nullptr || !take(field)) return false;
      }
    }
    return true;
  }

 private:
  const char* base_ = nullptr;
  std::vector<Link> links_;
};

}  // namespace loom::decode
