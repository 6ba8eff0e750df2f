// A pipeline stage: which known places is a geocoded address in?  See README.md.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "detector.h"
#include "loom/kafka/base_consumer.h"
#include "regions.h"

namespace {

std::string variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

class GeoregionDetector final : public loom::kafka::BaseKafkaConsumer {
 public:
  GeoregionDetector(loom::kafka::StageSettings settings, std::string output)
      : BaseKafkaConsumer(std::move(settings)),
        output_(std::move(output)),
        regions_(this->settings().database_url,
                 std::chrono::seconds(std::stoi(variable("GEOREGION_RELOAD_SECONDS", "30")))) {}

 protected:
  void process_message(const loom::kafka::Record& message) override {
    for (const georegion::Detection& found : georegion::detect(message.value.value_or(""), regions_.current())) {
      send_to_topic(output_, found.json, found.key);
    }
  }

 private:
  const std::string output_;
  georegion::Regions regions_;
};

}  // namespace

int main() {
  try {
    auto settings = loom::kafka::stage_settings_from_environment(
        "georegion-detector", {variable("GEOREGION_INPUT_TOPIC", "location.address.geocoded")});
    if (settings.database_url.empty()) throw std::runtime_error("set LOOM_DATABASE_URL: the regions are in a table");
    GeoregionDetector detector(std::move(settings), variable("GEOREGION_OUTPUT_TOPIC", "location.georegion.detected"));
    loom::kafka::run_until_signalled(detector);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "georegion-detector: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
