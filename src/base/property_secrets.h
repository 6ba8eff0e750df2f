#pragma once

#include <string>
#include <string_view>

namespace loom {

/// A line of librdkafka's `debug=conf`, "... NAME = VALUE", without the value where the name is a secret's. librdkafka
/// hides those that it marks as sensitive itself; 2.8 does not mark sasl.oauthbearer.client.secret.
/// Threads: any.  Pure.
std::string without_property_secret(std::string_view line);

}  // namespace loom
