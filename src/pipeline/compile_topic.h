#pragma once

#include <string>
#include <vector>

#include "mapping/compile.h"
#include "mapping/mapping_file.h"

namespace loom::pipeline {

/// The topic's own table and its child tables.
std::vector<mapping::TableName> tables_of(const mapping::TopicMapping& topic);
std::vector<mapping::TableName> tables_of(const mapping::MappingFile& file);

/// The plan with everything that is known to be wrong with it: what compile() finds, and defaults that cannot become
/// their columns' types. Pure.
mapping::CompileResult compile_topic(const mapping::TopicMapping& topic, const mapping::Catalog& catalog,
                                     const std::string& file);

}  // namespace loom::pipeline
