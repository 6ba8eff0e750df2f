#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "outage_test.h"

namespace loom::testing {
namespace {

constexpr std::array<std::string_view, 3> kStates{"40001", "40P01", "55P03"};

class RetryableTest : public OutageTest {
 protected:
  RetryableTest() : OutageTest(KafkaServer::shared()) {}

  /// From now on one COPY of a hundred fails with one of the states. What a transaction that failed took from a
  /// sequence stays taken: that is how the failures are counted.
  void fail_one_of_a_hundred() {
    std::string branches;
    for (std::size_t i = 0; i < kStates.size(); ++i) {
      database().run(fmt::format("CREATE SEQUENCE fired_{}", kStates[i]));
      branches += fmt::format(
          "WHEN {0} THEN PERFORM nextval('fired_{1}'); RAISE EXCEPTION 'as the test wants' USING ERRCODE = '{1}'; ", i,
          kStates[i]);
    }
    database().run(
        "CREATE FUNCTION fail_at_times() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF random() < 0.01 THEN "
        "CASE floor(random() * 3) " +
        branches +
        " END CASE; END IF; RETURN NULL; END $$;"
        "CREATE TRIGGER at_times BEFORE INSERT ON numbers FOR EACH STATEMENT EXECUTE FUNCTION fail_at_times()");
  }

  [[nodiscard]] int fired(std::string_view state) const {
    return std::stoi(
        database().value(fmt::format("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM fired_{}", state)));
  }
};

TEST_F(RetryableTest, OneBatchOfAHundredFailsForNoFaultOfItsRows) {
  const int wanted = rounds(10, 1'000);
  fail_one_of_a_hundred();
  // Many small batches.
  begin(6'000, {{"LOOM_KAFKA_BATCH_SIZE", "20"}, {"LOOM_KAFKA_BATCH_MAX", "20"}});
  std::array<int, kStates.size()> times{};
  int sum = 0;
  const auto enough = [&] {
    sum = 0;
    for (std::size_t i = 0; i < kStates.size(); ++i) sum += times[i] = fired(kStates[i]);
    return sum >= wanted && *std::min_element(times.begin(), times.end()) > 0;
  };
  EXPECT_TRUE(await(rounds(seconds(60), seconds(1'800)), enough, milliseconds(100)))
      << sum << " failed batches in all that time";
  database().run("DROP TRIGGER at_times ON numbers");
  resumes();
  enough();
  finish("40001, 40P01, 55P03 in 1 % of the batches", sum,
         fmt::format("{} of 40001, {} of 40P01, {} of 55P03", times[0], times[1], times[2]));
}

}  // namespace
}  // namespace loom::testing
