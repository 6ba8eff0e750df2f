#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "decode/json/json_decoder.h"

namespace loom::decode {
namespace {

/// Memory whose last byte is followed by a page that nobody may read.
class GuardedPage {
 public:
  GuardedPage() : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void* const mapped = mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return;
    begin_ = static_cast<char*>(mapped);
    mprotect(begin_ + page_, page_, PROT_NONE);
  }
  ~GuardedPage() { munmap(begin_, 2 * page_); }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;

  /// The text, flush against the end.
  [[nodiscard]] std::string_view place(std::string_view text) const {
    char* const at = begin_ + page_ - text.size();
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }

 private:
  std::size_t page_;
  char* begin_ = nullptr;
};

TEST(JsonDecoder, ReadsNotAByteBeyondTheMessage) {
  const GuardedPage page;
  WantedPaths paths;
  paths.tree.nodes[0].children.push_back({"k", 1});
  paths.tree.nodes.emplace_back();
  paths.tree.nodes[1].slot = 0;
  paths.tree.slots = 1;
  JsonDecoder decoder({.message = paths});
  for (std::size_t padding = 0; padding < 200; ++padding) {
    for (const std::string& value : {std::string(padding, 'x'), "a\\n" + std::string(padding, 'y')}) {
      const std::string whole = R"({"k":")" + value + R"("})";
      EXPECT_FALSE(decoder.decode(page.place(whole))) << whole;
      EXPECT_EQ(decoder.values().slot(0).kind, Value::Kind::string);
      // And every way to cut it off.
      EXPECT_TRUE(decoder.decode(page.place(whole.substr(0, whole.size() - 1))));
      EXPECT_TRUE(decoder.decode(page.place(whole.substr(0, whole.size() - 2))));
    }
    EXPECT_TRUE(decoder.decode(page.place("{\"k\":1" + std::string(padding, '2'))));
    EXPECT_TRUE(decoder.decode(page.place("{\"k\":1" + std::string(padding, ' '))));
    EXPECT_TRUE(decoder.decode(page.place(std::string(padding, '[') + "{\"")));
  }
}

}  // namespace
}  // namespace loom::decode
