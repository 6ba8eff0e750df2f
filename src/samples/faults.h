#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/reject.h"
#include "samples/fields.h"
#include "samples/sample_encoder.h"
#include "samples/template.h"

namespace loom::samples {

/// One way in which a message of a topic can be bad, and the reason that its dead letter must have.
struct SampleFault {
  enum class Kind : std::uint8_t {
    in_template,  ///< a message as it should be, but for one field
    tombstone,
    empty,
    truncated,
    not_json,
    invalid_utf8,
    root_array,
    root_scalar,
    cut_short,       ///< of an encoded message: its last byte is missing
    no_framing,      ///< text in place of a message in a registry's framing
    unknown_schema,  ///< the framing names a schema that no registry has
  };
  Kind kind = Kind::in_template;
  RejectReason reason = RejectReason::invalid_json;
  SampleTemplate message;  ///< for in_template

  /// Spoils the good message `value`, as it is sent; nothing for a record without a value.
  [[nodiscard]] bool spoil(std::string& value) const;
};

/// Every fault that the mapping gives room for: a topic without required fields cannot miss one.
std::vector<SampleFault> sample_faults(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields);

/// The same of messages that the encoder writes; those in a template are JSON for it. A schema leaves fewer of them.
std::vector<SampleFault> encoded_faults(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields,
                                        SampleEncoder& encoder);

}  // namespace loom::samples
