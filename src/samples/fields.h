#pragma once

#include <string>
#include <vector>

#include "mapping/mapping_file.h"
#include "samples/values.h"

namespace loom::samples {

/// One value that the messages of a topic carry.
struct SampleField {
  std::string path;
  std::string column;  ///< empty: no column takes it, it is only required
  mapping::ValueType type = mapping::ValueType::unspecified;
  mapping::TypeParameters parameters;
  mapping::Transform transform = mapping::Transform::none;
  SampleValue value;
  bool only_source = true;  ///< its column has no other source, and it feeds no other column
};

/// The field at the path, for the column.
SampleField make_field(const mapping::TopicMapping& topic, const std::string& path, const std::string& column);

/// Two columns may share one source: the message carries it once, as the stricter of the two wants it.
void add_field(std::vector<SampleField>& fields, SampleField field);

/// The fields of the message itself, in the mapping's order. A column with several sources gets its required one, else
/// the deepest: real messages keep their payload under `data`.
std::vector<SampleField> sample_fields(const mapping::TopicMapping& topic);

/// The fields of the record's key that the mapping takes.
std::vector<SampleField> key_fields(const mapping::TopicMapping& topic);

}  // namespace loom::samples
