// The judge that other tests rely on: it must see what it is there to see.
#include "support/service_test.h"

namespace loom::testing {
namespace {

class JudgeTest : public ServiceTest {
 protected:
  JudgeTest() {
    const std::string topic = new_topic("numbers", 2);
    map(numbered_mapping(topic, "numbers"));
    database().run(numbered_table("numbers"));
    send_numbered(topic, 0, 100);
    start();
    stored_ = drained(topic) && every_one_once("numbers", 100);
  }
  bool stored_ = false;
};

TEST_F(JudgeTest, SeesWhatIsMissingTwiceForeignOrWrong) {
  ASSERT_TRUE(stored_);
  database().run("DELETE FROM numbers WHERE number IN (3, 4)");
  database().run("INSERT INTO numbers SELECT * FROM numbers WHERE number IN (7, 8, 9)");
  database().run("UPDATE numbers SET note = note || '!' WHERE number = 20");
  database().run("UPDATE numbers SET reading = reading + 0.25 WHERE number = 21");
  database().run("UPDATE numbers SET number = 1000 WHERE number = 30");
  const Verdict verdict = judge(database(), "numbers", 100);
  EXPECT_FALSE(verdict.clean());
  EXPECT_EQ(verdict.rows, 101);
  EXPECT_EQ(verdict.missing, 3) << "3, 4 and 30";
  EXPECT_EQ(verdict.twice, 3);
  EXPECT_EQ(verdict.wrong, 2);
  EXPECT_EQ(verdict.foreign, 1);
  EXPECT_NE(verdict.describe().find("missing: number 3"), std::string::npos) << verdict.describe();
}

TEST_F(JudgeTest, SeesTwoRowsThatChangedPlaces) {
  ASSERT_TRUE(stored_);
  database().run("UPDATE numbers SET number = 51 - number WHERE number IN (25, 26)");
  EXPECT_EQ(judge(database(), "numbers", 100).wrong, 2);
}

}  // namespace
}  // namespace loom::testing
