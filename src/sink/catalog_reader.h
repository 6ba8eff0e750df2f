#pragma once

#include <map>
#include <string>
#include <vector>

#include "mapping/catalog.h"

namespace loom::sink {

/// The named tables as the database has them at this moment, read in a few queries whatever their number.
/// Holds: columns with domains resolved, unique indexes, defaults (a constant one evaluated, in both forms).
class DatabaseCatalog final : public mapping::Catalog {
 public:
  /// Opens a connection of its own for the length of the call.
  /// Fails: std::runtime_error (unreachable database, no permission), the message free of passwords.
  static DatabaseCatalog read(const std::string& url, const std::vector<mapping::TableName>& tables);

  [[nodiscard]] const mapping::TableInfo* find(const mapping::TableName& name) const override;

 private:
  std::map<mapping::TableName, mapping::TableInfo> tables_;
};

}  // namespace loom::sink
