// The broker killed, and the group's coordinator gone, while messages flow.
#include "broker_fault_test.h"

namespace loom::testing {
namespace {

class BrokerTest : public BrokerFaultTest {
 protected:
  BrokerTest() : BrokerFaultTest(own_broker()) {}

 private:
  static KafkaServer& own_broker() {
    static KafkaServer broker;
    return broker;
  }
};

TEST_F(BrokerTest, Killed) {
  inject("SIGKILL of the broker, and a new start", rounds(1, 20),
         {[&] { kill_and_start_broker(milliseconds(random(0, 3'000))); }});
}

/// There is one broker, so it is the coordinator, too: it is away for longer than the sessions of its members.
TEST_F(BrokerTest, CoordinatorGoneForLongerThanTheSession) {
  inject("group coordinator (the only broker) stopped for longer than the session timeout", rounds(1, 20), {[&] {
           kafka().stop();
           pass(milliseconds(7'000));
           kafka().restart();
         }});
}

/// Questions about the group that wait for a broker for so long once ended the process inside librdkafka 2.0 (its
/// issues 4605 and 5040): the lag monitor asks in another way.
TEST_F(BrokerTest, AwayForSoLongThatQuestionsTimeOut) {
  inject("the broker away for 40 s", rounds(1, 5), {[&] {
           kafka().kill9();
           pass(milliseconds(40'000));
           kafka().restart();
         }});
}

}  // namespace
}  // namespace loom::testing
