// Every statement that the users' documents show, word for word (statements/*.sql), on a database that services
// reported to. The first line of each file says what is expected of it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <pqxx/pqxx>

#include "configs/configs_fixture.h"
#include "loom/kafka/config_loader.h"
#include "support/temporary_folder.h"

namespace loom::testing {
namespace {

struct Statement {
  std::string name;
  std::string expectation;  ///< "rows" or "one row written"
  std::string sql;
};

std::vector<Statement> statements() {
  constexpr std::string_view kExpect = "-- expect: ";
  std::vector<Statement> all;
  for (const auto& entry :
       std::filesystem::directory_iterator(LOOM_SOURCE_DIR "/tests/integration/configs/statements")) {
    const std::string text = read_text(entry.path().string());
    const std::size_t line_end = text.find('\n');
    if (!text.starts_with(kExpect) || line_end == std::string::npos)
      throw std::runtime_error("no expectation: " + entry.path().string());
    all.push_back({entry.path().stem().string(), text.substr(kExpect.size(), line_end - kExpect.size()),
                   text.substr(line_end + 1)});
  }
  std::sort(all.begin(), all.end(), [](const Statement& a, const Statement& b) { return a.name < b.name; });
  return all;
}

class Statements : public ConfigsTest {
 protected:
  /// As services do it: through the loader.
  void services_report() {
    run("SELECT populate_consumer_configs()");
    loader_.record_processing_metrics({.service_name = "minicpm-vision",
                                       .messages_processed = 12,
                                       .messages_per_second = 0.4,
                                       .processing_time_ms = 2300,
                                       .memory_usage_mb = 1900});
    loader_.record_processing_metrics({.service_name = "silero-vad",
                                       .messages_processed = 15'000,
                                       .messages_per_second = 500,
                                       .processing_time_ms = 1.2,
                                       .memory_usage_mb = 140});
    ASSERT_TRUE(loader_.record_processing_metrics({.service_name = "my-service",
                                                   .messages_processed = 10,
                                                   .messages_per_second = 0.3,
                                                   .processing_time_ms = 50'000,
                                                   .memory_usage_mb = 300,
                                                   .errors = 1,
                                                   .rebalances = 1}));
    ASSERT_TRUE(loader_.record_consumer_lag({{.service_name = "my-service",
                                              .consumer_group_id = "my-group",
                                              .topic = "my.topic",
                                              .current_offset = 10,
                                              .end_offset = 5010},
                                             {.service_name = "minicpm-vision",
                                              .consumer_group_id = "minicpm-vision",
                                              .topic = "device.image.camera.raw",
                                              .current_offset = 100,
                                              .end_offset = 2400},
                                             {.service_name = "silero-vad",
                                              .consumer_group_id = "silero-vad",
                                              .topic = "device.audio.raw",
                                              .current_offset = 7,
                                              .end_offset = 9}}));
  }

 private:
  kafka::KafkaConsumerConfigLoader loader_{{.database_url = database().url(), .warn = {}}};
};

TEST_F(Statements, OfTheDocumentsRunAsWritten) {
  services_report();
  pqxx::connection connection(database().url() + (database().url().find("://") == std::string::npos
                                                      ? " application_name=kafka-to-db-consumer"
                                                      : "?application_name=kafka-to-db-consumer"));
  pqxx::nontransaction session(connection);
  const std::vector<Statement> all = statements();
  ASSERT_GE(all.size(), 13U);
  for (const Statement& one : all) {
    SCOPED_TRACE(one.sql);
    try {
      const pqxx::result result = session.exec(one.sql);
      const bool writes = one.expectation == "one row written";
      ASSERT_TRUE(writes || one.expectation == "rows") << one.expectation;
      const std::size_t count =
          writes ? static_cast<std::size_t>(result.affected_rows()) : static_cast<std::size_t>(result.size());
      std::cout << fmt::format("{:<36} {:>3} {}\n", one.name, count, writes ? "written" : "rows");
      if (writes) {
        EXPECT_EQ(count, 1U);
      } else {
        EXPECT_GE(count, 1U);
      }
    } catch (const pqxx::sql_error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

}  // namespace
}  // namespace loom::testing
