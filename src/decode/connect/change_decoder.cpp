#include "decode/connect/change_decoder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "decode/connect/event_form.h"
#include "decode/connect/infinities.h"
#include "decode/connect/untold.h"
#include "decode/json/json_decoder.h"
#include "decode/new_fields.h"
#include "decode/schema_decoder.h"
#include "mapping/change_paths.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;

constexpr std::size_t kEnvelope = 0;
constexpr std::size_t kRow = 1;

/// A delete has no fields but its key: what is required is asked of rows only.
Wanted without_required(Wanted wanted) {
  wanted.required.clear();
  return wanted;
}

const mapping::PathNode* child_of(const mapping::PathTree& tree, const mapping::PathNode& node, std::string_view key) {
  for (const auto& child : node.children) {
    if (child.key == key) return &tree.nodes[child.node];
  }
  return nullptr;
}

/// Dates and times by a schema's types: those that stand for infinity become its name.
void name_infinity(Value& value) {
  std::string_view name;
  if (value.kind == Kind::date) {
    name = infinite_date(value.integer());
  } else if (value.kind == Kind::local_time || value.kind == Kind::instant) {
    name = infinite_time(value.integer(), value.digits);
  }
  if (name.empty()) return;
  value.kind = Kind::string;
  value.nul = false;
  value.text = name;
}

/// A row that is inserted without one of its values: nobody could tell it from a row with a NULL there.
Reject not_whole(const std::string& path) {
  return {RejectReason::conversion_failed,
          "source \"" + path +
              "\": the event inserts a row and does not say this value, since its key was changed and "
              "the value was not. REPLICA IDENTITY FULL of the source's table makes such events whole",
          {}};
}

}  // namespace

ChangeDecoder::ChangeDecoder(const Wanted& wanted, const mapping::MessageFormat& format, const Registry& registry)
    : Decoder(wanted), slots_(*wanted.events), format_(format), registry_(registry) {
  forms_[kEnvelope].wanted = without_required(wanted);
  forms_[kRow].wanted = row_form(forms_[kEnvelope].wanted);
  const mapping::PathTree& tree = wanted.message.tree;
  if (const auto* after = child_of(tree, tree.nodes[0], mapping::kAfter)) {
    for (const auto& child : after->children) {
      const std::int16_t slot = tree.nodes[child.node].slot;
      if (slot >= 0) row_slots_.push_back(static_cast<std::uint16_t>(slot));
    }
  }
  find_times(tree);
  const auto is_of_event = [&](std::size_t slot) {
    return std::any_of(times_.begin(), times_.end(), [&](const Time& time) { return time.slot == slot; });
  };
  const auto& wishes = wanted.message.wishes;
  for (std::size_t slot = 0; slot < wishes.size() && slot < tree.slots; ++slot) {
    if (wishes[slot].unit != Unit::known && !is_of_event(slot)) unit_slots_.push_back(static_cast<std::uint16_t>(slot));
  }
}

void ChangeDecoder::find_times(const mapping::PathTree& tree) {
  constexpr std::array<std::pair<std::string_view, std::uint8_t>, 3> kNames{{{"ts_ms", 3}, {"ts_us", 6}, {"ts_ns", 9}}};
  const auto add = [&](const mapping::PathNode* node) {
    for (const auto& [name, digits] : kNames) {
      const auto* const time = node == nullptr ? nullptr : child_of(tree, *node, name);
      if (time != nullptr && time->slot >= 0) times_.push_back({static_cast<std::uint16_t>(time->slot), digits});
    }
  };
  add(tree.nodes.data());
  add(child_of(tree, tree.nodes[0], mapping::kEventSource));
}

std::optional<Reject> ChangeDecoder::decode(std::string_view bytes, const Message& record) {
  awaits_schema_ = false;
  new_fields_ = nullptr;
  values_.root = Value{};  // not every format's decoder sets it
  using formats::Format;
  const bool is_json =
      format_.format == Format::json || (format_.format == Format::automatic && bytes.starts_with('{'));
  bool has_schema = false;
  if (is_json) {
    if (const auto split = envelope_.split(bytes)) {
      if (split->is_new_schema) learn(split->schema);
      has_schema = schema_ != nullptr;
      if (has_schema && !schema_adds_.empty()) [[unlikely]] {
        new_fields_ = &schema_adds_;
        return std::nullopt;
      }
      bytes = split->payload;
      if (bytes == "null") {
        values_.reset();
        values_.root.kind = Kind::null;
        return std::nullopt;
      }
    }
  }
  if (auto reject = decode_form(form_, bytes, is_json, record)) return reject;
  if (awaits_schema_ || new_fields_ != nullptr) return std::nullopt;
  if (!fits(form_)) {
    form_ = form_ == kEnvelope ? kRow : kEnvelope;
    if (auto reject = decode_form(form_, bytes, is_json, record)) return reject;
    if (awaits_schema_) return std::nullopt;
    if (form_ == kRow) is_envelope_in_row_form(values_, slots_);  // it is none; the slots are emptied
  }
  return finish(form_, bytes.size(), is_json, has_schema);
}

std::optional<Reject> ChangeDecoder::decode_form(std::size_t index, std::string_view text, bool is_json,
                                                 const Message& record) {
  Form& form = forms_.at(index);
  std::unique_ptr<Decoder>& decoder = is_json ? form.json : form.framed;
  if (decoder == nullptr && is_json) {
    decoder = std::make_unique<JsonDecoder>(form.wanted, JsonRoot::object, "value", values_);
  } else if (decoder == nullptr) {
    decoder = std::make_unique<SchemaDecoder>(form.wanted, Part::value, format_, registry_, values_);
  }
  auto reject = decoder->decode(text, record);
  awaits_schema_ = decoder->awaits_schema();
  new_fields_ = decoder->new_fields();
  return reject;
}

bool ChangeDecoder::fits(std::size_t form) {
  return form == kEnvelope ? is_envelope(values_, slots_) : !is_envelope_in_row_form(values_, slots_);
}

void ChangeDecoder::learn(std::string_view schema) {
  schema_ = nullptr;
  schema_adds_.clear();
  if (auto parsed = schema.empty() ? std::nullopt : formats::parse_connect_schema(schema)) {
    schema_ = std::make_shared<const formats::ConnectSchema>(std::move(*parsed));
    formats::Schema whole;
    whole.format = formats::Format::json;
    whole.connect = schema_;
    schema_adds_ = fields_beyond_plan(forms_[kEnvelope].wanted, whole, "");
  }
  for (Form& form : forms_) form.types.reset();
}

std::optional<Reject> ChangeDecoder::finish(std::size_t index, std::size_t bytes, bool is_json, bool has_schema) {
  const Value& operation = values_.slots[slots_.operation];
  const bool inserts = operation.present() && (operation.text == "c" || operation.text == "r");
  for (const std::uint16_t slot : row_slots_) {
    Value& value = values_.slots[slot];
    if (!is_untold(value, values_)) continue;
    if (inserts) return not_whole(forms_[kEnvelope].wanted.message.tree.slot_paths.at(slot));
    value.kind = Kind::absent;
    values_.leaves_untold = true;
  }
  if (has_schema) {
    Form& form = forms_.at(index);
    if (form.types == nullptr) form.types = std::make_unique<ConnectTypes>(*schema_, form.wanted.message);
    if (!operation.present() || operation.text == "u") form.types->forget_untold_bytes(values_);
    form.types->apply(values_, bytes);
  }
  if (!is_json) {
    for (const std::uint16_t slot : row_slots_) name_infinity(values_.slots[slot]);
  }
  units_.begin(bytes);
  for (const std::uint16_t slot : row_slots_) units_.read_decimal(values_.slots[slot]);
  if (!has_schema) {
    if (auto reject = read_units(is_json)) return reject;
  }
  for (const Time& time : times_) {
    Value& value = values_.slots[time.slot];
    std::int64_t number = 0;
    if (!whole_number(value, number)) continue;
    value.kind = Kind::instant;
    value.digits = time.digits;
    value.boolean = false;
    value.text = {};
    value.set_integer(number);
  }
  return std::nullopt;
}

std::optional<Reject> ChangeDecoder::read_units(bool is_json) {
  const WantedPaths& wanted = forms_[kEnvelope].wanted.message;
  for (const std::uint16_t slot : unit_slots_) {
    // A registry's schema tells bytes from texts: a decimal that is a text is no Base64.
    if (!is_json && wanted.wishes[slot].unit == Unit::of_decimal) continue;
    if (auto reject = units_.read(wanted.wishes[slot], wanted.tree.slot_paths.at(slot), values_.slots[slot], values_)) {
      return reject;
    }
  }
  return std::nullopt;
}

}  // namespace loom::decode
