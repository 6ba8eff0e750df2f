#include "http/crowd.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace loom::http {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CrowdTest : public ::testing::Test {
 protected:
  class Client final : public Crowd::Member {
   public:
    Client(std::string name, std::vector<std::string>& gone) : name_(std::move(name)), gone_(gone) {}

   private:
    void cut_off() override { gone_.push_back(name_); }

    std::string name_;
    std::vector<std::string>& gone_;
  };

  /// A client that has connected and has not asked yet.
  void comes(const std::string& name) {
    auto client = std::make_shared<Client>(name, gone_);
    clients_[name] = client;
    crowd_.enter(client);
    crowd_.await_client(*client, seconds(5));
  }
  void asks(const std::string& name) { crowd_.await_answer(*clients_.at(name)); }
  void is_sent(const std::string& name, std::size_t bytes) {
    crowd_.await_client(*clients_.at(name), seconds(10), bytes);
  }
  void has_taken_all(const std::string& name) { crowd_.await_client(*clients_.at(name), seconds(5)); }
  void passes(seconds time) { crowd_.part_with_late(std::chrono::steady_clock::now() + time); }
  /// Who has had to go since the last call.
  std::vector<std::string> gone() { return std::exchange(gone_, {}); }

  const Limits limits_{.connections_most = 3, .untaken_bytes_most = 100};
  Crowd crowd_{limits_};

 private:
  std::map<std::string, std::shared_ptr<Client>> clients_;
  std::vector<std::string> gone_;
};

TEST_F(CrowdTest, WhoHasWaitedLongestForItsClientMakesRoom) {
  comes("a");
  comes("b");
  comes("c");
  EXPECT_THAT(gone(), IsEmpty());
  is_sent("a", 10);  // it has asked since
  comes("d");
  EXPECT_THAT(gone(), ElementsAre("b"));
  comes("e");
  EXPECT_THAT(gone(), ElementsAre("c"));
}

TEST_F(CrowdTest, WhoWaitsForUsStaysAsLongAsThereIsAnotherToGo) {
  comes("a");
  asks("a");
  comes("b");
  comes("c");
  comes("d");
  EXPECT_THAT(gone(), ElementsAre("b"));
  asks("c");
  asks("d");
  comes("e");
  EXPECT_THAT(gone(), ElementsAre("a")) << "all wait for us, this one for longest";
}

TEST_F(CrowdTest, EachStepOfAClientHasItsTime) {
  comes("idle");
  comes("asking");
  asks("asking");
  comes("deaf");
  is_sent("deaf", 10);
  passes(seconds(4));
  EXPECT_THAT(gone(), IsEmpty());
  passes(seconds(6));
  EXPECT_THAT(gone(), ElementsAre("idle"));
  passes(seconds(11));
  EXPECT_THAT(gone(), ElementsAre("deaf"));
  passes(seconds(1000));
  EXPECT_THAT(gone(), IsEmpty()) << "its answer is our business";
}

TEST_F(CrowdTest, AnswersThatNobodyTakesMakeRoomForNewOnes) {
  comes("a");
  comes("b");
  comes("c");
  is_sent("a", 60);
  is_sent("b", 40);
  EXPECT_THAT(gone(), IsEmpty());
  is_sent("c", 10);
  EXPECT_THAT(gone(), ElementsAre("a"));
  has_taken_all("b");
  is_sent("c", 100);
  EXPECT_THAT(gone(), IsEmpty()) << "what was taken does not count, nor what the same client was sent before";
}

TEST_F(CrowdTest, OneAnswerThatIsTooLargePassesAlone) {
  comes("a");
  comes("b");
  is_sent("a", 10);
  is_sent("b", 1000);
  EXPECT_THAT(gone(), ElementsAre("a"));
  is_sent("b", 2000);
  EXPECT_THAT(gone(), IsEmpty());
}

TEST_F(CrowdTest, WhoHasGoneDoesNotComeBack) {
  comes("a");
  passes(seconds(6));
  EXPECT_THAT(gone(), ElementsAre("a"));
  is_sent("a", 1000);
  passes(seconds(1000));
  EXPECT_THAT(gone(), IsEmpty());
  comes("b");
  is_sent("b", 100);
  EXPECT_THAT(gone(), IsEmpty()) << "the bytes of one that has gone count for nothing";
}

TEST_F(CrowdTest, AtTheEndThoseGoFirstThatWaitForTheirClients) {
  comes("idle");
  comes("asking");
  asks("asking");
  crowd_.part_with_those_that_wait_for_clients();
  EXPECT_THAT(gone(), ElementsAre("idle"));
  crowd_.part_with_all();
  EXPECT_THAT(gone(), ElementsAre("asking"));
}

}  // namespace
}  // namespace loom::http
