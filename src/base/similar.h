#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

/// The one of `known` that `name` is most likely a misspelling of; empty when none is near enough. Upper and lower case
/// count as the same, and so do `_`, `-` and nothing between words (`conflictStrategy`). Pure.
std::string_view similar_name(std::string_view name, std::span<const std::string_view> known);

std::string_view similar_name(std::string_view name, const std::vector<std::string>& known);

/// `did you mean `conflict_strategy`? ` with a blank behind it, or nothing where no known name is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

}  // namespace loom
