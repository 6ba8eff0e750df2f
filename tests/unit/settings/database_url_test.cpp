#include "settings/database_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loom::settings {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedactUrl, HidesThePasswordOfAUrl) {
  EXPECT_EQ(redact_url("postgresql://loom:s3cret@db:5432/loom"), "postgresql://loom:***@db:5432/loom");
  EXPECT_EQ(redact_url("postgres://loom:s3cret@db/loom?sslmode=require"),
            "postgres://loom:***@db/loom?sslmode=require");
}

TEST(RedactUrl, HidesPasswordsGivenAsParameters) {
  EXPECT_EQ(redact_url("postgresql://db/loom?user=a&password=s3cret&sslpassword=x&port=1"),
            "postgresql://db/loom?user=a&password=***&sslpassword=***&port=1");
}

TEST(RedactUrl, HidesAPasswordWithUnescapedSeparators) {
  EXPECT_THAT(redact_url("postgresql://loom:p@ss/w@rd@db/loom"), Not(HasSubstr("w@rd")));
  EXPECT_THAT(redact_url("postgresql://loom:p@ss/w@rd@db/loom"), Not(HasSubstr("p@ss")));
}

TEST(RedactUrl, LeavesAUrlWithoutAPasswordAlone) {
  for (const char* url : {"postgresql://db:5432/loom", "postgresql://loom@db/loom", "postgresql://", "", "host=db"}) {
    EXPECT_EQ(redact_url(url), url);
  }
}

TEST(RedactUrl, HidesThePasswordOfKeyValuePairs) {
  EXPECT_EQ(redact_url("host=db password=s3cret user=loom"), "host=db password=*** user=loom");
  EXPECT_EQ(redact_url("password = 'with \\' and space' host=db"), "password = *** host=db");
  EXPECT_EQ(redact_url("host=db password=s3cret"), "host=db password=***");
}

TEST(RedactUrl, HidesAPasswordWithAQuestionMark) {
  EXPECT_EQ(redact_url("postgresql://loom:who?me@db/loom?port=1"), "postgresql://loom:***@db/loom?port=1");
}

TEST(DatabaseUrlProblem, NothingIsWrongWithWhatLibpqReads) {
  for (const char* url :
       {"postgresql://loom:s3cret@db:5432/loom", "postgres://loom:s%40%2F%25@db/loom?sslmode=verify-full",
        "postgresql://db/loom?application_name=a@b", "postgresql:///loom?host=/run/pg", "host=db password='a b'",
        "postgresql://loom:s#c?r:t@db/loom", "dbname=a://b"}) {
    EXPECT_EQ(database_url_problem(url), "") << url;
  }
}

TEST(DatabaseUrlProblem, IsSaidWithoutShowingAnything) {
  for (const char* url : {"postgresql://loom:zq@zq@db/loom", "postgresql://loom:zq/zq@db/loom",
                          "postgresql://loom:zq%zz@db/loom", "postgresql://db/loom?passwort=zq",
                          "host=db password=a zq", "host=db password='zq", "mysql://loom:zq@db/loom", "zq"}) {
    EXPECT_NE(database_url_problem(url), "") << url;
    EXPECT_THAT(database_url_problem(url), Not(HasSubstr("zq")));
  }
}

TEST(FailureText, HasNoPassword) {
  EXPECT_EQ(failure_text("bad token: \"s3cret\" in s3cret", "postgresql://u:s3cret@h/d"), "bad token: \"***\" in ***");
  EXPECT_EQ(failure_text("all good", "postgresql://u@h/d"), "all good");
}

TEST(ControlConnectionString, IsReadByTheRulesOfLibpq) {
  // A '?' in a password is a part of it, not the begin of the parameters.
  const std::string made = control_connection_string("postgresql://u:who?me@h:1/d?connect_timeout=3");
  EXPECT_THAT(made, HasSubstr("password='who?me'"));
  EXPECT_THAT(made, HasSubstr("dbname='d'"));
  EXPECT_THAT(made, HasSubstr("application_name='kafka-to-db-consumer'"));
  EXPECT_GT(made.find("connect_timeout='3'"), made.find("connect_timeout='10'")) << "libpq takes the last one";
  EXPECT_THAT(control_connection_string("host=h password='a?b c'"), HasSubstr("password='a?b c'"));
}

}  // namespace
}  // namespace loom::settings
