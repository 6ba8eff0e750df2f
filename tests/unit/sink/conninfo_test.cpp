#include "sink/conninfo.h"

#include <gmock/gmock.h>

namespace loom::sink {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConnectionStringTest, AddsOurDefaultsBeforeWhatTheUserSaid) {
  const auto given = connection_string("postgres://u:p%27w@h:5433/db?connect_timeout=9", "me");
  EXPECT_EQ(given.error, "");
  EXPECT_THAT(given.value, HasSubstr("application_name='me' connect_timeout='5'"));
  EXPECT_THAT(given.value, HasSubstr("tcp_user_timeout='30000'"));
  EXPECT_THAT(given.value, HasSubstr("password='p\\'w'"));
  EXPECT_GT(given.value.find("connect_timeout='9'"), given.value.find("connect_timeout='5'")) << "the later one counts";
  EXPECT_THAT(given.value, EndsWith("client_encoding='UTF8'"));
}

TEST(ConnectionStringTest, TakesKeywordsAndValuesToo) {
  EXPECT_THAT(connection_string("host=h dbname=d", "me").value, HasSubstr("host='h' "));
}

TEST(ConnectionStringTest, SaysWhatIsWrongWithoutShowingIt) {
  for (const auto* url : {"postgres://u:s3cret@x@h/db", "s3cret", "postgres://u:s3cret@h/db?s3cret=1"}) {
    const auto given = connection_string(url, "me");
    EXPECT_NE(given.error, "") << url;
    EXPECT_THAT(given.error, Not(HasSubstr("s3cret")));
    EXPECT_EQ(given.value, "");
  }
}

TEST(WithoutSecretsTest, MasksUrlAndPassword) {
  const std::string url = "postgres://u:s3cret@h/db";
  EXPECT_EQ(without_secrets("cannot use " + url + "\n", url), "cannot use ***");
  EXPECT_EQ(without_secrets("password s3cret is wrong", url), "password *** is wrong");
}

}  // namespace
}  // namespace loom::sink
