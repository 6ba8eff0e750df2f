#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batch/batch.h"
#include "batch/outcome.h"
#include "encode/row_builder.h"
#include "mapping/plan.h"
#include "sink/settings.h"
#include "sink/writer_pool.h"
#include "support/postgres_server.h"

namespace loom::sink::testing {

using loom::testing::PostgresServer;
using loom::testing::TestDatabase;

/// What a message has for a row: column -> value as text; nullopt is null. Columns it does not name are absent.
using Cells = std::map<std::string, std::optional<std::string>>;

struct TestHeader {
  std::string name;
  std::optional<std::string> value;
};

/// A table of a plan as the tests want it: from the catalog, all columns that can be written.
struct TableChoice {
  std::string name;
  std::vector<std::string> key;
  mapping::ConflictStrategy strategy = mapping::ConflictStrategy::ignore;
  std::string schema;
};

/// Fills a batch by hand, as a worker does from messages: rows for partition 0, one offset each message.
class BatchMaker {
 public:
  BatchMaker(std::shared_ptr<const mapping::TopicPlan> plan, std::int64_t from);

  /// A message without rows yet. Returns its index.
  std::uint32_t message(std::string value = "{}", std::vector<TestHeader> headers = {});
  /// A row of the last message.
  BatchMaker& row(const Cells& cells, std::uint16_t table = 0);
  /// A message with one row.
  BatchMaker& add(const Cells& cells);
  /// A message with the rows that the builder makes of it, or rejected by it.
  BatchMaker& json(encode::RowBuilder& builder, const std::string& value);
  BatchMaker& reject(std::uint32_t message, RejectReason reason, const std::string& why);
  /// Moves the end of the range beyond the messages, as after control records.
  BatchMaker& position(std::int64_t to);
  BatchMaker& prefer_merge();
  /// The catalog was read lately.
  BatchMaker& fresh();

  std::unique_ptr<batch::Batch> take();

 private:
  std::unique_ptr<batch::Batch> batch_;
};

/// The text as JSON has it, in quotes.
std::string json_string(const std::string& text);

/// What an environment variable says; `otherwise` where it is not set.
unsigned long environment_number(const char* name, unsigned long otherwise);

/// The project's own tables, as `migrate` makes them.
void run_migrations(const TestDatabase& database);

/// A test with a database of its own, the project's own tables in it, a claimed partition 0 of topic `t` and a pool.
class SinkTest : public ::testing::Test {
 protected:
  SinkTest();
  explicit SinkTest(const PostgresServer& server);

  struct Written {
    std::unique_ptr<batch::Batch> batch;
    batch::Outcome outcome;
  };
  Written write(BatchMaker& maker);
  Written write(std::unique_ptr<batch::Batch> batch);

  /// A batch that believes in what the database has.
  BatchMaker next_batch(const std::shared_ptr<const mapping::TopicPlan>& plan);

  std::shared_ptr<mapping::TopicPlan> plan(const std::vector<TableChoice>& tables);
  std::shared_ptr<mapping::TopicPlan> plan(const std::string& table, std::vector<std::string> key = {},
                                           mapping::ConflictStrategy strategy = mapping::ConflictStrategy::ignore);

  /// Of topic `t`, as a mapping file has it, with the tables as they are: `yaml` is what stands below the topic's name,
  /// indented by four. Fails the test where it has errors.
  std::shared_ptr<const mapping::TopicPlan> mapped(const std::string& yaml);
  /// Writes these messages as one batch.
  Written store(const std::shared_ptr<const mapping::TopicPlan>& plan, const std::vector<std::string>& messages,
                bool prefer_merge = false);

  std::int64_t stored_offset();
  std::string count(const std::string& table);
  void restart_pool();

  TestDatabase database;
  DatabaseSettings settings;
  Failpoints failpoints;
  std::unique_ptr<WriterPool> pool;

 private:
  void set_up();
};

}  // namespace loom::sink::testing
