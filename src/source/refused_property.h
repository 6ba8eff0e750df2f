#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "base/wrong_setting.h"

namespace loom::source {

/// librdkafka does not take a property, or not beside the others: a wrong configuration.
class RefusedProperty : public WrongSetting {
 public:
  /// `why`: librdkafka's words.
  RefusedProperty(const std::string& name, const std::string& why)
      : WrongSetting("librdkafka " + std::string(rd_kafka_version_str()) + " refuses " + name + ": " + why +
                     " (properties come from LOOM_RDKAFKA_* settings)") {}
};

}  // namespace loom::source
