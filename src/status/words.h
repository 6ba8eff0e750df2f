#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Numbers and times as people read them at a glance, as the live page writes them, too. Pure.
namespace loom::status {

std::string count_words(double value);       ///< 8,012 and 1.24 M
std::string rate_words(double value);        ///< 0.5 and 8,012
std::string duration_words(double seconds);  ///< 0.4 s, 85 s, 12 min, 3 h 20 min, 5 days
std::string percent_words(double ratio);     ///< 0.25 %, 12.5 %
std::string plural(double number, std::string_view one, std::string_view many);
/// `first` or `first and 2 more`.
std::string and_more(const std::string& first, std::size_t all);

}  // namespace loom::status
