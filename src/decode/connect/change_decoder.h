#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "decode/connect/connect_types.h"
#include "decode/connect/schema_envelope.h"
#include "decode/connect/unnamed_units.h"
#include "decode/decoder.h"
#include "decode/make_decoder.h"

namespace loom::decode {

/// Change events, in whichever form they come: Debezium's envelope or the row alone, with Kafka Connect's schema around
/// it or without, in any format. Each message is tried in the form of the one before it.
/// Values have the types of the schema where there is one. Values that Debezium did not know are absent. A message
/// whose payload is null has a null as Values::root.
/// Threads: one at a time.
/// Owns:    a decoder for each form that came, and what was made of the last schema.
/// Fails:   as the format's own decoder.
class ChangeDecoder final : public Decoder {
 public:
  ChangeDecoder(const Wanted& wanted, const mapping::MessageFormat& format, const Registry& registry);

  std::optional<Reject> decode(std::string_view bytes, const Message& record) override;

 private:
  struct Form {
    Wanted wanted;
    std::unique_ptr<Decoder> json{};
    std::unique_ptr<Decoder> framed{};  ///< by a schema of a registry or a file
    std::unique_ptr<ConnectTypes> types{};
  };
  struct Time {
    std::uint16_t slot = 0;
    std::uint8_t digits = 0;
  };

  std::optional<Reject> decode_form(std::size_t form, std::string_view text, bool is_json, const Message& record);
  [[nodiscard]] bool fits(std::size_t form);
  void learn(std::string_view schema);
  void find_times(const mapping::PathTree& tree);
  std::optional<Reject> finish(std::size_t form, std::size_t bytes, bool is_json, bool has_schema);
  std::optional<Reject> read_units(bool is_json);

  const EventSlots slots_;
  const mapping::MessageFormat format_;
  const Registry registry_;
  std::array<Form, 2> forms_;  ///< the envelope, the row
  std::size_t form_ = 0;       ///< of the last message
  SchemaEnvelope envelope_;
  std::shared_ptr<const formats::ConnectSchema> schema_;
  mapping::NewFields schema_adds_;  ///< fields of its row that the plan does not know
  std::vector<std::uint16_t> row_slots_;
  std::vector<std::uint16_t> unit_slots_;  ///< what their columns take is not said
  std::vector<Time> times_;                ///< of the event, not of the row
  UnnamedUnits units_;
};

}  // namespace loom::decode
