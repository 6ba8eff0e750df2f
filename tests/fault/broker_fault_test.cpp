#include "broker_fault_test.h"

#include <iostream>

#include "support/http.h"

namespace loom::testing {

void BrokerFaultTest::inject(const std::string& name, int times, const Fault& fault) {
  auto& first = start(fault.settings);
  auto& second = start(fault.settings);
  first_ = &first;
  ASSERT_TRUE(await_partitions(first));
  ASSERT_TRUE(await_partitions(second));
  const pid_t processes[] = {first.pid(), second.pid()};
  Flow flow(bootstrap(), topic_, {.from = 0, .rate = 3'000, .shares = {1, 1, 1, 1, 1, 1}});
  for (int i = 1; i <= times; ++i) {
    ASSERT_TRUE(await_stored(stored() + 3'000));
    pass(milliseconds(random(0, 1'500)));
    fault.begin();
    if (HasFatalFailure()) return;
    std::cout << name << " " << i << ": recovered in " << recovery(flow).count() << " ms, " << flow.sent() << " sent"
              << std::endl;
    if (fault.end) fault.end();
    if (HasFatalFailure()) return;
  }
  settle(flow);
  EXPECT_TRUE(first.running() && first.pid() == processes[0]);
  EXPECT_TRUE(second.running() && second.pid() == processes[1]);
  record(name, times);
}

std::string BrokerFaultTest::metrics() const { return ServiceHttp(*first_).get("/metrics").body; }

}  // namespace loom::testing
