#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mapping/mapping_file.h"
#include "settings/config.h"
#include "source/dead_letter_topic.h"

namespace loom::app {

/// The publisher that LOOM_DLQ asks for; nullptr where dead letters go to the table alone.
std::unique_ptr<source::DeadLetterTopic> make_dead_letter_topic(const settings::Config& config);

/// Where the writers send dead letters. `topic` must outlive them.
sink::DeadLetterRoute route_of(const settings::Config& config, source::DeadLetterTopic* topic);

/// Why this mapping and LOOM_DLQ do not go together: a mapping names a dead-letter topic, which would feed itself.
std::optional<std::string> dead_letter_problem(const settings::Config& config, const mapping::MappingFile& file);

/// The value of librdkafka's `topic.blacklist` that keeps dead-letter topics out of the subscription, so that no
/// pattern takes them; joined with the user's own. Nothing where a mapping names such a topic by its full name.
std::optional<std::string> hidden_topics(const settings::Config& config, const mapping::MappingFile& file);

}  // namespace loom::app
