#include "samples/messages.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "mapping/table_names.h"
#include "samples/names.h"

namespace loom::samples {
namespace {

// 2025-01-01T00:00:00Z, and from message to message 10 ms.
constexpr std::int64_t kFirstTimeUs = 1'735'689'600'000'000;
constexpr std::int64_t kStepUs = 10'000;

constexpr double kTwoTo64 = 18446744073709551616.0;
constexpr std::string_view kHeaderPrefix = "$headers.";

std::uint64_t mixed(std::uint64_t value) { return SampleRandom(value).next(); }

/// The seed is part of the device's name: this keeps runs with different seeds apart.
std::vector<std::string> device_names(std::uint64_t seed, std::uint32_t count) {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < std::max(1U, count); ++i) {
    std::string number = std::to_string(i);
    number.insert(0, number.size() < 3 ? 3 - number.size() : 0, '0');
    names.push_back("device-" + std::to_string(seed) + "-" + number);
  }
  return names;
}

}  // namespace

SampleGenerator::SampleGenerator(const mapping::TopicMapping& topic, SampleOptions options)
    : seed_(options.seed),
      bad_below_(options.bad_ratio > 0 && options.bad_ratio < 1
                     ? static_cast<std::uint64_t>(std::floor(options.bad_ratio * kTwoTo64))
                     : 0),
      all_bad_(options.bad_ratio >= 1),
      repeat_below_(options.repeat_ratio > 0 && options.repeat_ratio < 1
                        ? static_cast<std::uint64_t>(std::floor(options.repeat_ratio * kTwoTo64))
                        : 0),
      repeat_within_(options.repeat_within),
      devices_(device_names(options.seed, options.devices)),
      encoder_(std::move(options.encoder)) {
  const std::vector<SampleField> fields = sample_fields(topic);
  good_ = make_template(topic, fields);
  key_ = make_key_template(topic);
  if (options.bad_ratio > 0) {
    faults_ = encoder_ ? encoded_faults(topic, fields, *encoder_) : sample_faults(topic, fields);
  }
  for (const mapping::FieldMapping& mapping : topic.field_mappings) {
    if (mapping.source.starts_with(kHeaderPrefix)) header_names_.push_back(mapping.source.substr(kHeaderPrefix.size()));
  }
  for (const std::string& name : mapping::table_headers(topic)) {
    if (std::find(header_names_.begin(), header_names_.end(), name) == header_names_.end())
      header_names_.push_back(name);
  }
  for (const mapping::ArrayMapping& array : topic.array_mappings) child_arrays_.push_back(array.table.has_value());
}

void SampleGenerator::next(SampleMessage& out) {
  const std::uint64_t index = sent_instead_of(index_);
  SampleRandom random(mixed(seed_) ^ mixed(~index));
  const bool bad = random.next() < bad_below_ || all_bad_;
  const SampleFault* fault = bad ? &faults_[random.below(faults_.size())] : nullptr;

  SampleContext context;
  context.seed = seed_;
  context.index = index;
  context.time_us = kFirstTimeUs + static_cast<std::int64_t>(index) * kStepUs;
  context.device = devices_[random.below(devices_.size())];

  if (key_) {
    out.key.clear();
    key_->append(out.key, context, random);
  } else {
    out.key.assign(context.device);
  }
  const bool own_template = fault != nullptr && fault->kind == SampleFault::Kind::in_template;
  write_value(own_template ? fault->message : good_, context, random, out.value);
  out.has_value = fault == nullptr || fault->spoil(out.value);
  out.expected = fault == nullptr ? std::nullopt : std::optional(fault->reason);
  out.headers.clear();
  for (const std::string& name : header_names_) out.headers.emplace_back(name, sample_words()[random.below(4)]);
  count_rows(out, index);
  ++index_;
}

void SampleGenerator::write_value(const SampleTemplate& message, const SampleContext& context, SampleRandom& random,
                                  std::string& out) {
  std::string& json = encoder_ ? json_ : out;
  json.clear();
  message.append(json, context, random);
  if (encoder_ && !encoder_->encode(json, out)) throw std::logic_error("no message of the schema: " + json);
}

std::uint64_t SampleGenerator::sent_instead_of(std::uint64_t index) const {
  // What is repeated may have been a repetition itself.
  while (repeat_below_ != 0 && index != 0) {
    SampleRandom random(mixed(~seed_) ^ mixed(index));
    if (random.next() >= repeat_below_) break;
    index -= 1 + random.below(std::min(index, repeat_within_));
  }
  return index;
}

void SampleGenerator::count_rows(SampleMessage& out, std::uint64_t index) const {
  out.rows = 0;
  out.child_rows = 0;
  if (out.expected || index != index_) return;
  for (std::uint32_t i = 0; i < child_arrays_.size(); ++i) {
    (child_arrays_[i] ? out.child_rows : out.rows) += sample_elements(index, i);
  }
  if (out.rows == 0) out.rows = 1;
}

}  // namespace loom::samples
