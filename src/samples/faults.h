#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/reject.h"
#include "samples/template.h"

namespace loom::samples {

/// One way in which a message of a topic can be bad, and the reason that its dead letter must have.
struct SampleFault {
  enum class Kind : std::uint8_t {
    in_template,  ///< JSON as it should be, but for one field
    tombstone,
    empty,
    truncated,
    not_json,
    invalid_utf8,
    root_array,
    root_scalar,
  };
  Kind kind = Kind::in_template;
  RejectReason reason = RejectReason::invalid_json;
  SampleTemplate message;  ///< for in_template

  /// Spoils the good message `value`; nothing for a record without a value.
  [[nodiscard]] bool spoil(std::string& value) const;
};

/// Every fault that the mapping gives room for: a topic without required fields cannot miss one.
std::vector<SampleFault> sample_faults(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields);

}  // namespace loom::samples
