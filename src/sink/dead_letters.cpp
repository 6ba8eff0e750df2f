#include "sink/dead_letters.h"

#include <array>
#include <cstdint>

#include "decode/trace_id.h"
#include "sink/utf8.h"

namespace loom::sink {
namespace {

constexpr std::uint16_t kColumnCount = 12;

void append_json_string(std::string_view text, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_field(std::string_view value, ByteBuffer& out) {
  out.append_be32(static_cast<std::uint32_t>(value.size()));
  out.append(value);
}
void append_null(ByteBuffer& out) { out.append_be32(0xFFFFFFFFU); }
void append_bytes(bool has, std::string_view value, ByteBuffer& out) {
  if (has) {
    append_field(value, out);
  } else {
    append_null(out);
  }
}

// Producers may send any 64-bit number: what no calendar has is not known.
void append_timestamp(std::int64_t ms, ByteBuffer& out) {
  constexpr std::int64_t kYear10000 = 253'402'300'800'000;
  constexpr std::int64_t kPostgresEpochMs = 946'684'800'000;
  if (ms < 0 || ms >= kYear10000) {
    append_null(out);
    return;
  }
  out.append_be32(sizeof(std::int64_t));
  out.append_be64(static_cast<std::uint64_t>((ms - kPostgresEpochMs) * 1000));
}

void append_headers(const std::vector<Header>& headers, ByteBuffer& out) {
  if (headers.empty()) {
    append_null(out);
    return;
  }
  append_field('\1' + headers_json(headers), out);  // jsonb's binary form: version 1, then its text
}

}  // namespace

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      word = (word << 8U) | (i + j < bytes.size() ? static_cast<std::uint8_t>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j > bytes.size() ? '=' : kDigits[(word >> (18U - 6U * j)) & 0x3FU];
    }
  }
  return out;
}

std::string headers_json(const std::vector<Header>& headers) {
  std::string out = "[";
  for (const Header& header : headers) {
    if (out.size() > 1) out += ',';
    out += R"({"name":)";
    append_json_string(storable_text(header.name, header.name.size() * 3), out);
    out += R"(,"value":)";
    if (!header.has_value) {
      out += "null";
    } else if (is_storable_text(header.value)) {
      append_json_string(header.value, out);
    } else {
      append_json_string(base64(header.value), out);
      out += R"(,"encoding":"base64")";
    }
    out += '}';
  }
  return out + ']';
}

ByteBuffer encode_dead_letters(const std::string& consumer_group, const batch::Batch& batch,
                               const std::vector<batch::RejectedMessage>& rejected, const DeadLetterRoute& route) {
  ByteBuffer out;
  for (const auto& [index, reject, in_topic] : rejected) {
    if (!route.table && in_topic != batch::InTopic::refused) continue;
    const Message& message = batch.messages.at(index);
    out.append_be16(kColumnCount);
    append_field(consumer_group, out);
    append_field(batch.topic, out);
    out.append_be32(sizeof(std::int32_t));
    out.append_be32(static_cast<std::uint32_t>(message.partition));
    out.append_be32(sizeof(std::int64_t));
    out.append_be64(static_cast<std::uint64_t>(message.offset));
    append_timestamp(message.timestamp_ms, out);
    append_bytes(message.has_key, message.key, out);
    append_bytes(message.has_value, message.value, out);
    append_headers(message.headers(), out);
    append_field(to_string(reject.reason), out);
    append_bytes(!reject.sqlstate.empty(), reject.sqlstate, out);
    append_field(storable_text(reject.message, kDeadLetterMessageMax), out);
    const std::string trace_id = trace_id_of(message);
    append_bytes(!trace_id.empty(), trace_id, out);
  }
  return out;
}

}  // namespace loom::sink
