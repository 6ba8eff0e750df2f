#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/message.h"
#include "decode/make_decoder.h"
#include "decode/schema_source.h"
#include "mapping/plan.h"
#include "message_writer.h"

namespace loom::benchmarks {

/// Messages of one topic, its plan as the service compiles it, and the rows that must come out.
struct Shape {
  std::string name;
  std::shared_ptr<const mapping::TopicPlan> plan;
  std::vector<std::string> messages;
  std::vector<std::vector<ExpectedRow>> rows;       ///< by table of the plan, in order
  std::uint32_t batch = 200;                        ///< messages of one batch
  std::shared_ptr<decode::SchemaSource> schemas{};  ///< of messages that name one

  [[nodiscard]] decode::Registry registry() const { return {.schemas = schemas.get()}; }
  [[nodiscard]] Message message(std::size_t index) const {
    Message made;
    made.value = messages[index];
    made.has_value = true;
    return made;
  }
  [[nodiscard]] std::size_t rows_per_message() const;
  [[nodiscard]] std::size_t bytes() const;
};

// The same messages in every run. `count`: how many.
Shape small_sensor_row(std::size_t count);    ///< 300 bytes, 11 columns
Shape nested_40_fields(std::size_t count);    ///< 1.1 kB, 40 columns from three levels
Shape array_of_200_words(std::size_t count);  ///< 15 kB, a row and 200 child rows
Shape payload_1mb(std::size_t count);         ///< 1 MB of base64 and seven fields

/// The first of them in Avro or Protobuf, as a registry's serializers frame them.
Shape small_sensor_row_in(formats::Format format, std::size_t count);

/// By that name; nothing when there is no such shape.
std::optional<Shape> shape_named(const std::string& name, std::size_t count);

/// The plan with text COPY instead of binary.
std::shared_ptr<const mapping::TopicPlan> as_text(const mapping::TopicPlan& plan);

/// Nothing, or what is wrong with the rows that the service makes of the shape's messages.
std::optional<std::string> wrong_rows(const Shape& shape);

}  // namespace loom::benchmarks
