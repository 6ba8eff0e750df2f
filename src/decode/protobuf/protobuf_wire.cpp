#include "decode/protobuf/protobuf_wire.h"

#include <array>

#include "decode/varint.h"

namespace loom::decode {
namespace {

constexpr std::size_t kMostGroups = 100;

/// Up to and with the end tag of the group whose start tag was read; `content_end`: where that end tag begins.
/// A loop rather than a recursion: nothing of the groups is wanted.
const char* read_group(const char* p, const char* end, std::uint32_t number, const char*& content_end,
                       ProtobufFault& fault) {
  std::array<std::uint32_t, kMostGroups> open{};
  std::size_t depth = 1;
  open[0] = number;
  for (;;) {
    if (p == end) return fault.set(ProtobufFault::What::ends_early, p);
    content_end = p;
    std::uint32_t tag = 0;
    p = read_tag(p, end, tag, fault);
    if (p == nullptr) return nullptr;
    switch (static_cast<WireType>(tag & 7U)) {
      case WireType::group:
        if (depth == kMostGroups) return fault.set(ProtobufFault::What::nesting, content_end);
        open[depth++] = tag >> 3U;
        break;
      case WireType::end_group:
        if (open[depth - 1] != tag >> 3U) return fault.set(ProtobufFault::What::end_group, content_end);
        if (--depth == 0) return p;
        break;
      default: {
        WireField ignored;
        p = read_field(p, end, tag, ignored, fault);
        if (p == nullptr) return nullptr;
      }
    }
  }
}

}  // namespace

const char* read_long_varint(const char* p, const char* end, std::uint64_t& out, ProtobufFault& fault) {
  if (end - p >= 8) {
    if (const char* const behind = varint_of_eight_bytes(p, out)) return behind;
  }
  const char* const begin = p;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (p == end) return fault.set(ProtobufFault::What::ends_early, p);
    const auto byte = static_cast<unsigned char>(*p++);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) {
      out = value;
      return p;
    }
  }
  return fault.set(ProtobufFault::What::long_varint, begin);
}

const char* read_field(const char* p, const char* end, std::uint32_t tag, WireField& field, ProtobufFault& fault) {
  field.wire = static_cast<WireType>(tag & 7U);
  field.begin = p;
  switch (field.wire) {
    case WireType::varint: {
      std::uint64_t ignored = 0;
      p = read_varint(p, end, ignored, fault);
      field.end = p;
      return p;
    }
    case WireType::fixed64: {
      std::uint64_t ignored = 0;
      p = read_fixed(p, end, ignored, fault);
      field.end = p;
      return p;
    }
    case WireType::fixed32: {
      std::uint32_t ignored = 0;
      p = read_fixed(p, end, ignored, fault);
      field.end = p;
      return p;
    }
    case WireType::length: {
      std::size_t length = 0;
      p = read_length(p, end, length, fault);
      if (p == nullptr) return nullptr;
      field.begin = p;
      field.end = p + length;
      return field.end;
    }
    case WireType::group:
      return read_group(p, end, tag >> 3U, field.end, fault);
    case WireType::end_group:
      return fault.set(ProtobufFault::What::end_group, p);
  }
  return fault.set(ProtobufFault::What::wire_type, p);
}

}  // namespace loom::decode
