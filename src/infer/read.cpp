#include "infer/read.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace loom::infer {

Samples read_samples(std::istream& in) {
  Samples samples;
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (samples.messages == kMostMessages) {
      samples.cut = true;
      break;
    }
    const auto skip = [&](const char* why) { samples.skipped.push_back(fmt::format("line {}: {}", number, why)); };
    const auto message = nlohmann::ordered_json::parse(line, nullptr, false);
    if (message.is_discarded()) {
      skip("is not JSON; each message has to stand on one line (`jq -c .` makes them so)");
    } else if (!message.is_structured()) {
      skip("is neither an object nor a list");
    } else if (samples.messages != 0 && message.is_array() != (samples.root.lists != 0)) {
      skip("is a list where others are objects, or the other way round");
    } else {
      samples.root.add(message, samples.messages);
      ++samples.messages;
    }
  }
  return samples;
}

}  // namespace loom::infer
