#include "settings/processors.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace loom::settings {
namespace {

namespace fs = std::filesystem;

/// A /proc and a /sys of the test's own.
class ProcessorsTest : public ::testing::Test {
 protected:
  ProcessorsTest() {
    std::string folder = (fs::temp_directory_path() / "loom-processors-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = folder;
  }
  ~ProcessorsTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  ProcessorsTest(const ProcessorsTest&) = delete;
  ProcessorsTest& operator=(const ProcessorsTest&) = delete;

  void file(const std::string& path, const std::string& text) const {
    const fs::path whole = root_ + path;
    fs::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  void quota_v1(const std::string& folder, const std::string& quota) const {
    file("/sys/fs/cgroup/" + folder + "/cpu.cfs_quota_us", quota + "\n");
    file("/sys/fs/cgroup/" + folder + "/cpu.cfs_period_us", "100000\n");
  }
  [[nodiscard]] double limit() const { return processor_limit(root_); }

  std::string root_;
};

TEST_F(ProcessorsTest, WithoutCgroupsThereIsNoLimit) { EXPECT_EQ(limit(), 0); }

TEST_F(ProcessorsTest, AContainersOwnLimitIsAtTheTop) {
  file("/proc/self/cgroup", "0::/\n");
  file("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(limit(), 2);
}

TEST_F(ProcessorsTest, MaxIsNoLimit) {
  file("/proc/self/cgroup", "0::/\n");
  file("/sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(limit(), 0);
}

TEST_F(ProcessorsTest, TheTightestOfTheGroupsAroundItCounts) {
  file("/proc/self/cgroup", "0::/system.slice/consumer.service\n");
  file("/sys/fs/cgroup/system.slice/consumer.service/cpu.max", "400000 100000\n");
  file("/sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n");
  EXPECT_EQ(limit(), 1.5);
}

TEST_F(ProcessorsTest, APathOfTheHostIsPassedOver) {
  file("/proc/self/cgroup", "0::/kubepods.slice/pod1/container2\n");
  file("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(limit(), 0.5);
  file("/proc/self/cgroup", "0::/../../elsewhere\n");
  EXPECT_EQ(limit(), 0.5);
}

TEST_F(ProcessorsTest, VersionOneIsReadToo) {
  file("/proc/self/cgroup", "5:memory:/other\n4:cpu,cpuacct:/pods/one\n0::/\n");
  quota_v1("cpu,cpuacct/pods/one", "300000");
  EXPECT_EQ(limit(), 3);
}

TEST_F(ProcessorsTest, VersionOnesMinusOneIsNoLimit) {
  file("/proc/self/cgroup", "2:cpuacct:/\n1:cpu:/\n");
  quota_v1("cpu", "-1");
  EXPECT_EQ(limit(), 0);
}

TEST_F(ProcessorsTest, NonsenseIsNoLimit) {
  file("/proc/self/cgroup", "nonsense\n1:cpu\n0::\n");
  file("/sys/fs/cgroup/cpu.max", "many 0\n");
  EXPECT_EQ(limit(), 0);
}

TEST_F(ProcessorsTest, HalfAProcessorIsOneAndNoLimitGivesMoreThanThereAre) {
  file("/proc/self/cgroup", "0::/\n");
  file("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(usable_processors(root_), 1U);
  const unsigned all = usable_processors(root_ + "/nowhere");
  EXPECT_GE(all, 1U);
  file("/sys/fs/cgroup/cpu.max", "100000000 100000\n");
  EXPECT_EQ(usable_processors(root_), all);
  if (all < 2) return;
  file("/sys/fs/cgroup/cpu.max", "110000 100000\n");
  EXPECT_EQ(usable_processors(root_), 2U) << "rounded up";
}

TEST_F(ProcessorsTest, AThreadBoundToOneProcessorHasOne) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  unsigned seen = 0;
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &before)) continue;
      CPU_SET(cpu, &one);
      break;
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    seen = usable_processors(root_);
  }).join();
  EXPECT_EQ(seen, 1U);
}

}  // namespace
}  // namespace loom::settings
