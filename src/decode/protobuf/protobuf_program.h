#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/reject.h"
#include "decode/program.h"
#include "decode/protobuf/protobuf_json.h"
#include "decode/protobuf/protobuf_layout.h"
#include "decode/protobuf/protobuf_tables.h"
#include "decode/wanted_paths.h"
#include "formats/protobuf_schema.h"

namespace loom::decode {

/// Protobuf messages of one type. Numbers, texts and messages in messages are read into their slots as they come by.
/// Lists, maps and what is wanted as JSON may come in pieces anywhere in a message: their pieces are noted, and put
/// together when the message has ended.
/// What the wire leaves open: the last value of a field counts, messages that come twice are one, of a oneof the last
/// member is there. Fields without presence that are not on the wire have their defaults wherever their message is
/// there; lists and maps are empty.
class ProtobufProgram final : public Program {
 public:
  /// `root`: a message of the schema.
  ProtobufProgram(std::shared_ptr<const formats::ProtobufSchema> schema, const formats::ProtobufMessage& root,
                  const Wanted& wanted);

  std::optional<Reject> run(std::string_view payload, Values& values) override;

 private:
  using Place = ProtobufPlace;
  using Step = ProtobufStep;

  bool decode(std::string_view payload);
  // As the bytes come by. Whoever returns a place returns nullptr where a fault was found.
  bool walk(Place& place, const char* p, const char* end);
  const char* take_step(Place& place, const Step& step, const char* p, const char* end);
  const char* take_again(Place& place, const Step& step, const char* p, const char* end);
  const char* take_instant(const Step& step, const char* p, const char* end);
  const char* take_place(const Step& step, const char* p, const char* end);
  const char* take_other(const Place& place, const Step* step, const char* p, const char* end, std::uint32_t tag);
  void choose(Place& place, const Step& step);
  void forget(Place& place);
  void enter(Place& place);
  void put(const Place& place, const Value& value);
  void keep(Place& place, const WireField& field);

  // When the scope has ended
  bool finish(std::size_t from);
  bool finish_place(Place& place);
  bool set_single(Place& place, const ProtobufContent& content, std::uint32_t head);
  bool set_message(Place& place, std::uint32_t head);
  bool set_list(const Place& place, const ProtobufContent& content, std::uint32_t head);
  bool set_map(const Place& place, const ProtobufMessageTable& entry, std::uint32_t head);
  bool collect_elements(const ProtobufContent& content, std::uint32_t head, Value& value);
  bool pick_elements(const Place& place, const ProtobufContent& content, std::uint32_t head);
  bool map_elements(std::size_t array, const ProtobufContent& content, std::uint32_t head);
  template <typename Take>
  bool each_element(const ProtobufContent& content, std::uint32_t head, const Take& take);

  [[nodiscard]] Reject reject(std::string_view payload) const;

  // Constant after construction
  ProtobufTables tables_;
  ProtobufContent root_;
  bool wants_root_;
  // Of the run
  ProtobufLayout layout_;
  ProtobufRun run_;
  ProtobufJson json_{run_};
  std::vector<std::uint16_t> open_;  ///< places that keep something, in the order in which it came
  std::uint64_t scopes_ = 0;
  std::uint64_t scope_ = 0;
  Values* values_ = nullptr;
  Value* slots_ = nullptr;  ///< of the scope
};

}  // namespace loom::decode
