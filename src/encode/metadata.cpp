#include "encode/metadata.h"

#include <algorithm>
#include <charconv>

#include "decode/json/structural_index.h"
#include "decode/timestamp.h"

namespace loom::encode {
namespace {

using decode::Value;
using mapping::ColumnType;
using mapping::SourceKind;

bool is_number(ColumnType type) {
  return type == ColumnType::int2 || type == ColumnType::int4 || type == ColumnType::int8 ||
         type == ColumnType::float4 || type == ColumnType::float8 || type == ColumnType::numeric;
}

}  // namespace

std::string Metadata::name(const mapping::ColumnSource& source) {
  switch (source.kind) {
    case SourceKind::key:
      return "$key";
    case SourceKind::topic:
      return "$topic";
    case SourceKind::partition:
      return "$partition";
    case SourceKind::offset:
      return "$offset";
    case SourceKind::timestamp:
      return "$timestamp";
    case SourceKind::header:
      return "$headers." + source.header;
    case SourceKind::value:
      return "$value";
    case SourceKind::field:
    case SourceKind::element_index:
      break;
  }
  return {};
}

std::size_t Metadata::slot(const mapping::ColumnSource& source, ColumnType column) {
  const Form form = column == ColumnType::bytea ? Form::bytes : is_number(column) ? Form::number : Form::text;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.kind == source.kind && entry.header == source.header && entry.form == form) return i;
  }
  wants_headers_ |= source.kind == SourceKind::header;
  entries_.push_back({source.kind, source.header, form, {}});
  return entries_.size() - 1;
}

bool Metadata::wants(SourceKind kind) const {
  return std::any_of(entries_.begin(), entries_.end(), [kind](const Entry& entry) { return entry.kind == kind; });
}

/// Of an object or a list a column of bytes takes what came from Kafka; what is a single value is that value.
void Metadata::take_whole(const Value& whole, std::string_view bytes, Form form, Value& out) {
  out = whole;
  if (form != Form::bytes || (whole.kind != Value::Kind::object && whole.kind != Value::Kind::array)) return;
  out.kind = Value::Kind::string;
  out.text = bytes;
}

std::optional<Reject> Metadata::fill(const Message& message, decode::Values& values, std::size_t first,
                                     const Value* key) {
  if (wants_headers_) headers_ = message.headers();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Value& value = values.slot(first + i);
    value = Value{};
    if (auto reject = fill_one(message, values.root, key, entries_[i], value)) return reject;
  }
  return std::nullopt;
}

void Metadata::print_integer(std::int64_t value, Entry& entry, Value& out) {
  constexpr std::size_t kLongest = 24;
  entry.printed.clear();
  char* const room = entry.printed.reserve(kLongest);
  out.kind = Value::Kind::number;
  out.text = {room, static_cast<std::size_t>(std::to_chars(room, room + kLongest, value).ptr - room)};
}

std::optional<Reject> Metadata::fill_one(const Message& message, const Value& root, const Value* key, Entry& entry,
                                         Value& out) {
  bool foreign = false;  // bytes that nobody has checked yet
  switch (entry.kind) {
    case SourceKind::key:
      if (!message.has_key) return std::nullopt;
      if (key != nullptr) {
        take_whole(*key, message.key, entry.form, out);
        break;
      }
      out.kind = Value::Kind::string;
      out.text = message.key;
      foreign = true;
      break;
    case SourceKind::header:
      // The last header of that name counts.
      for (const Header& header : headers_) {
        if (header.name != entry.header) continue;
        out.kind = header.has_value ? Value::Kind::string : Value::Kind::null;
        out.text = header.value;
      }
      foreign = true;
      break;
    case SourceKind::topic:
      out.kind = Value::Kind::string;
      out.text = topic_;
      break;
    case SourceKind::partition:
      print_integer(message.partition, entry, out);
      break;
    case SourceKind::offset:
      print_integer(message.offset, entry, out);
      break;
    case SourceKind::timestamp:
      if (message.timestamp_ms < 0) return std::nullopt;
      if (entry.form == Form::number) {
        print_integer(message.timestamp_ms, entry, out);
      } else {
        // As ISO text, since a small number of milliseconds would be taken for seconds.
        entry.printed.clear();
        decode::append_timestamp(message.timestamp_ms * 1000 - decode::kPostgresEpochUs, 'T', "Z", entry.printed);
        out.kind = Value::Kind::string;
        out.text = entry.printed.view();
      }
      break;
    case SourceKind::value:
      take_whole(root, message.value, entry.form, out);
      break;
    case SourceKind::field:
    case SourceKind::element_index:
      break;
  }
  if (!foreign || entry.form == Form::bytes || !out.present()) return std::nullopt;
  out.nul = out.text.find('\0') != std::string_view::npos;
  if (decode::is_utf8(out.text)) return std::nullopt;
  mapping::ColumnSource source;
  source.kind = entry.kind;
  source.header = entry.header;
  return Reject{RejectReason::invalid_text, "source \"" + name(source) + "\" is not valid UTF-8", {}};
}

}  // namespace loom::encode
