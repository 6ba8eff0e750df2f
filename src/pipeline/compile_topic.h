#pragma once

#include <set>
#include <string>
#include <vector>

#include "mapping/compile.h"
#include "mapping/mapping_file.h"

namespace loom::pipeline {

/// The topic's own table and its child tables.
std::vector<mapping::TableName> tables_of(const mapping::TopicMapping& topic);
std::vector<mapping::TableName> tables_of(const mapping::MappingFile& file);

/// A mapping whose tables have names.
struct ConcreteTopic {
  mapping::TableValues values;  ///< of the headers in them; mostly none
  mapping::TopicMapping mapping;
  std::string problem;  ///< why there can be no tables of these names; else empty
  bool is_new = true;   ///< no plan had these tables before: what is wrong with them is said of its messages alone
};

/// The mapping as it holds for a topic: one, or, where headers name its tables, one for each of `values`. Pure.
std::vector<ConcreteTopic> concrete_topics(const mapping::TopicMapping& topic, const std::string& name,
                                           const std::set<mapping::TableValues>& values);
std::vector<mapping::TableName> tables_of(const std::vector<ConcreteTopic>& topics);
/// Whether one of its tables is not there.
bool lacks_a_table(const ConcreteTopic& topic, const mapping::Catalog& catalog);

/// The plan with everything that is known to be wrong with it: what compile() finds, and defaults that cannot become
/// their columns' types. Pure.
mapping::CompileResult compile_topic(const mapping::TopicMapping& topic, const mapping::Catalog& catalog,
                                     const std::string& file);

/// The same of concrete_topics(): one plan for all of them. What is wrong with the tables of new values goes into their
/// variants, unless one is missing: that is an error, as it is with a table that a plan has had. `grows`: a plan of the
/// same mapping whose variants stay beside those of `concrete`.
mapping::CompileResult compile_topic(const mapping::TopicMapping& topic, const std::vector<ConcreteTopic>& concrete,
                                     const mapping::Catalog& catalog, const std::string& file,
                                     const mapping::TopicPlan* grows = nullptr);

}  // namespace loom::pipeline
