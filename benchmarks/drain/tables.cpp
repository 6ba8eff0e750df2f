#include "tables.h"

#include <fmt/format.h>

#include <stdexcept>

#include "mapping/loader.h"
#include "mapping/mapping_file.h"

namespace loom::bench {

std::vector<Target> targets_of(const std::string& mapping) {
  const mapping::LoadResult loaded = mapping::load_mapping_file(mapping);
  if (!loaded.file) throw std::runtime_error("cannot load " + mapping);
  std::vector<Target> targets;
  for (const mapping::TopicMapping& topic : loaded.file->topics) {
    const std::string& table = topic.table.name;
    targets.push_back({.topic = topic.topic, .table = table, .ceiling = "ceiling_of_" + table});
  }
  return targets;
}

void create_tables(Database& database, const Options& options, bool with_key) {
  for (const Target& target : options.targets) {
    create_table(database, target.table, with_key, options.chunk);
    create_table(database, target.ceiling, with_key, options.chunk);
  }
}

void empty_tables(Database& database, const Options& options, bool with_key) {
  for (const Target& target : options.targets) create_table(database, target.table, with_key, options.chunk);
  database.execute("CHECKPOINT");
}

void fill_from_ceiling(Database& database, const Options& options) {
  for (const Target& target : options.targets) {
    database.execute("INSERT INTO " + target.table + " SELECT * FROM " + target.ceiling);
  }
  database.execute("CHECKPOINT");
}

std::vector<Checksum> checksums_of_ceiling(Database& database, const Options& options) {
  std::vector<Checksum> sums;
  for (const Target& target : options.targets) sums.push_back(checksum(database, target.ceiling));
  return sums;
}

void must_hold_the_same(Database& database, const Options& options, const std::vector<Checksum>& wanted) {
  for (std::size_t i = 0; i < options.targets.size(); ++i) {
    const Checksum found = checksum(database, options.targets[i].table);
    if (found == wanted[i]) continue;
    throw std::runtime_error(
        fmt::format("the consumer stored {} rows (checksum {}) in {}, but the messages hold {} (checksum {})",
                    found.rows, found.values, options.targets[i].table, wanted[i].rows, wanted[i].values));
  }
}

}  // namespace loom::bench
