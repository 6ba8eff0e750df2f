// Mapping files that change under load: topics come and go, columns come, settings change.
#include "fault_test.h"
#include "support/http.h"

namespace loom::testing {
namespace {

class ReloadUnderLoadTest : public FaultTest {
 protected:
  ReloadUnderLoadTest() : FaultTest(KafkaServer::shared(), Database::shared), other_(new_topic("others", 3)) {
    database().run(numbered_table("others"));
    write();
  }

  /// The mapping as the test wants it now: the other topic mapped or not, one more target for the checksum or not, and
  /// a batch size.
  void write() {
    std::string entries = numbered_mapping(topic_, "numbers");
    if (columns_ > 0) {
      const std::string line = "      checksum: checksum\n";
      std::string targets = "checksum";
      for (int i = 1; i <= columns_; ++i) targets += ", copy_" + std::to_string(i);
      entries.replace(entries.find(line), line.size(), "      checksum: [" + targets + "]\n");
    }
    entries += "    batch_size: " + std::to_string(batch_size_) + "\n";
    if (other_mapped_) entries += numbered_mapping(other_, "others");
    map(entries);
  }

  void add_column() {
    ++columns_;
    database().run("ALTER TABLE numbers ADD COLUMN copy_" + std::to_string(columns_) + " text");
  }

  /// Whether the replica goes by the mapping that was written last.
  ::testing::AssertionResult follows(const ServiceHttp& http) const {
    std::string seen;
    const bool done = await(seconds(20), [&] {
      seen = http.get("/status").body;
      const auto status = nlohmann::json::parse(seen, nullptr, false);
      const auto topics = nlohmann::json::parse(http.get("/topics").body, nullptr, false);
      if (status.is_discarded() || topics.is_discarded()) return false;
      bool mapped = false;
      for (const auto& topic : topics.at("topics")) mapped = mapped || topic.at("mapping") == other_;
      bool assigned = false;
      for (const auto& at : status.at("assignment")) assigned = assigned || at.at("topic") == other_;
      return mapped == other_mapped_ && (other_mapped_ || !assigned);
    });
    if (done) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "the other topic should be " << (other_mapped_ ? "there" : "gone") << ": "
                                         << seen;
  }

  std::string other_;
  bool other_mapped_ = true;
  int columns_ = 0;
  int batch_size_ = 200;
};

TEST_F(ReloadUnderLoadTest, EveryRowIsStoredOnceWhateverIsReloaded) {
  const int reloads = rounds(12, 50);
  // The first is told, by HTTP and by signal in turns; the second looks at the file by itself.
  ServiceProcess& told = start({{"LOOM_WATCH_FILES", "false"}});
  ServiceProcess& watching = start();
  const ServiceHttp first(told);
  const ServiceHttp second(watching);
  ASSERT_TRUE(await_partitions(told));
  ASSERT_TRUE(await_partitions(watching));
  Flow flow(bootstrap(), topic_, {.rate = 2'000, .shares = {1, 1, 1, 1, 1, 1}});
  Flow other(bootstrap(), other_, {.rate = 1'000, .shares = {1, 1, 1}});
  for (int round = 0; round < reloads; ++round) {
    switch (round % 4) {
      case 0:
      case 2:
        other_mapped_ = !other_mapped_;
        break;
      case 1:
        add_column();
        break;
      default:
        batch_size_ = random(50, 2'000);
    }
    write();
    if (round % 2 == 0) {
      const HttpAnswer answer = first.post("/reload-config");
      ASSERT_EQ(answer.status, 200) << answer.body;
    } else {
      told.send(SIGHUP);
    }
    ASSERT_TRUE(follows(first)) << "reload " << round;
    ASSERT_TRUE(follows(second)) << "reload " << round;
  }
  other_mapped_ = true;
  write();
  ASSERT_EQ(first.post("/reload-config").status, 200);
  ASSERT_TRUE(follows(second));
  const std::int64_t others = other.stop();
  settle(flow);
  ASSERT_TRUE(drained(other_, seconds(60)));
  judge_also("others", others);
  EXPECT_GT(count("numbers WHERE copy_1 = checksum"), 0) << "the new column was never filled";
  record("mapping reloaded under load: topics added and removed, columns added, settings", reloads);
}

}  // namespace
}  // namespace loom::testing
