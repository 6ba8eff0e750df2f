#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mapping/loader.h"
#include "mapping/mapping_file.h"
#include "mapping/problem.h"
#include "mapping/topic_selection.h"
#include "settings/config.h"

namespace loom::app {

/// A line on stderr for each.
void print(const std::vector<mapping::Problem>& problems);

/// The topics that LOOM_TOPICS and LOOM_TOPICS_EXCLUDE name; nullptr: all.
std::shared_ptr<const mapping::TopicSelection> selection_of(const settings::Config& config);

/// The same for a command that reads no mapping file.
/// Fails: WrongSetting for a pattern that is none.
std::shared_ptr<const mapping::TopicSelection> checked_selection_of(const settings::Config& config);

/// The mapping file as this deployment consumes it. `file`: instead of LOOM_TOPIC_MAPPINGS.
mapping::LoadResult load_mapping(const settings::Config& config, const std::optional<std::string>& file = std::nullopt);

/// The same, or nothing after its problems were printed; warnings are printed in any case, and counted into `problems`
/// where that is wanted.
std::optional<mapping::MappingFile> load_or_complain(const settings::Config& config,
                                                     const std::optional<std::string>& file,
                                                     std::vector<mapping::Problem>* problems = nullptr);

/// The names of the file's topics, patterns as they stand there: for what a person may have meant.
std::vector<std::string> topic_names(const mapping::MappingFile& file);

/// `3 topics`, or `3 topics of 12`, where the others are other deployments'.
std::string topic_count(const mapping::MappingFile& file);

/// That a topic is not one of this deployment's.
std::string left_to_others(const std::string& topic);

/// Why find_topic() finds nothing.
std::string why_not_mapped(const mapping::MappingFile& file, const std::string& topic);

}  // namespace loom::app
