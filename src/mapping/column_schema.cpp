#include "mapping/column_schema.h"

#include "mapping/paths.h"
#include "mapping/row_schema.h"
#include "mapping/sources.h"

namespace loom::mapping {

std::optional<SchemaField> schema_field(const TopicMapping& topic, const ColumnDraft& column,
                                        const TopicSchema& schema) {
  std::optional<SchemaField> whole;
  if (schema.schema == nullptr) return whole;
  for (const auto& source : column.sources) {
    if (source.kind != SourceDraft::Kind::path) return std::nullopt;
    const Source meant = read_source(source.text);
    if (meant.kind != SourceKind::field || meant.of_key) return std::nullopt;
    const bool of_element = source.array >= 0;
    const auto path = path_in_schema(
        topic.changes, schema,
        of_element ? path_in_element(topic.array_mappings[static_cast<std::size_t>(source.array)].path, meant.path)
                   : split_path(meant.path));
    if (path.empty()) continue;
    auto field = field_at(*schema.schema, schema.message, path);
    if (!field) continue;
    // A row may be there without the element.
    field->nullable = field->nullable || of_element;
    const bool certain = field->is_certain() || (whole && whole->is_certain());
    whole = whole ? either(*whole, *field) : *field;
    if (certain) {  // one of the sources has a value
      whole->nullable = false;
      whole->required = true;
    }
  }
  return whole;
}

}  // namespace loom::mapping
