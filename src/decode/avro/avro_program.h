#pragma once

#include <memory>

#include "decode/avro/avro_code.h"
#include "decode/avro/avro_json.h"
#include "decode/avro/avro_reader.h"
#include "decode/avro/text_room.h"
#include "decode/program.h"
#include "decode/wanted_paths.h"
#include "formats/avro_schema.h"

namespace loom::decode {

struct AvroOptions {
  /// A message whose root is of type bytes is those bytes, without their length: Confluent's serializer writes it so.
  bool bare_root_bytes = false;
};

/// Avro's binary encoding into values. The schema is the writer's.
/// Threads: one at a time.
/// Owns:    JSON texts and durations; see Program.
/// Bounds:  data nested up to 1,000 levels; elements that take no bytes: 1,000,000 in one message.
/// Fails:   see Program; the message says what was seen, in which field and at which byte.
class AvroProgram final : public Program {
 public:
  AvroProgram(std::shared_ptr<const formats::AvroSchema> schema, const Wanted& wanted, AvroOptions options = {});

  std::optional<Reject> run(std::string_view payload, Values& values) override;

 private:
  using Step = avro::Step;

  const char* message(const char* at);
  const char* bare_message(std::string_view payload);
  const char* execute(std::uint32_t program, const char* at, Value* slots, unsigned depth);
  const char* control(const Step& step, const char* at, Value* slots, unsigned depth);
  const char* collect(const Step& step, const char* at, Value& list, unsigned depth);
  const char* explode(const Step& step, const char* at, unsigned depth);
  const char* other_than_list(const Step& step, const char* at, unsigned depth);
  const char* pick(const avro::Pick& pick, const char* at, Value* slots, unsigned depth);
  const char* look_up(avro::Lookup& lookup, const char* at, Value* slots, unsigned depth);
  const char* pass(std::uint32_t type, std::uint32_t program, const char* at, unsigned depth);
  const char* skip_elements(const Step& step, const char* at, unsigned depth);
  void forget(const avro::Lookup::Key& key, Value* slots);

  std::shared_ptr<const formats::AvroSchema> schema_;
  avro::Code code_;
  bool root_;
  bool bare_root_;
  std::int16_t root_slot_;
  std::int16_t root_array_;
  avro::TextRoom texts_;
  avro::Reader reader_;
  avro::JsonWriter json_;
  Values* values_ = nullptr;
  std::uint64_t maps_ = 0;
};

}  // namespace loom::decode
