#include "base/property_secrets.h"

#include <gtest/gtest.h>

namespace loom {
namespace {

TEST(PropertySecrets, TheValueOfASecretIsHidden) {
  EXPECT_EQ(without_property_secret("[thrd:app]:   sasl.oauthbearer.client.secret = abc"),
            "[thrd:app]:   sasl.oauthbearer.client.secret = [hidden]");
  EXPECT_EQ(without_property_secret("ssl.key.pem = -----BEGIN = KEY"), "ssl.key.pem = [hidden]");
  EXPECT_EQ(without_property_secret(" sasl.password = a b"), " sasl.password = [hidden]");
}

TEST(PropertySecrets, AnythingElseStays) {
  for (const char* line : {"[thrd:app]:   client.id = loom", "Client configuration:", "", " = ", "a = secret",
                           "sasl.oauthbearer.token.endpoint.url = https://localhost/token"}) {
    EXPECT_EQ(without_property_secret(line), line);
  }
}

}  // namespace
}  // namespace loom
