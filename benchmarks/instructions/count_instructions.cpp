// A worker's work on messages of one shape, for callgrind to count: `count-instructions SHAPE` maps some to grow its
// buffers and then more inside measured_messages(), the one function that ../instructions.sh lets callgrind look at.
// `count-instructions --versions` names what the counts depend on.

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <simdjson.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "encode/row_builder.h"
#include "shapes.h"

namespace {

using loom::benchmarks::Shape;

struct Load {
  const char* shape;
  std::size_t messages;
};
// As many as make the count steady, and not more: callgrind takes fifty times as long.
constexpr std::array<Load, 6> kLoads{Load{"small_sensor_row", 400},          Load{"small_sensor_row_avro", 400},
                                     Load{"small_sensor_row_protobuf", 400}, Load{"nested_40_fields", 200},
                                     Load{"array_of_200_words", 10},         Load{"payload_1mb", 2}};

}  // namespace

extern "C" {
// A C name, for --toggle-collect. False: a message was refused.
[[gnu::noinline]] bool measured_messages(loom::encode::RowBuilder& builder, const Shape& shape,
                                         loom::encode::RowSets& rows) {
  for (std::size_t i = 0; i < shape.messages.size(); ++i) {
    if (builder.append(shape.message(i), static_cast<std::uint32_t>(i), rows)) return false;
  }
  return true;
}
}

namespace {

bool run(const Shape& shape) {
  const loom::SystemClock clock;
  loom::encode::RowBuilder builder(shape.plan, shape.name, clock, shape.registry());
  loom::encode::RowSets rows;
  for (std::size_t i = 0; i < shape.messages.size(); ++i) {
    if (builder.append(shape.message(i), static_cast<std::uint32_t>(i), rows)) return false;
  }
  rows.clear();
  return measured_messages(builder, shape, rows);
}

void print_versions() {
  // The class of processor is in the name of simdjson's kernel; callgrind shows the same one on all that have AVX2.
#ifdef NDEBUG
  const char* const build = "release";
#else
  const char* const build = "debug";
#endif
  fmt::print("compiler {} {}\n", __VERSION__, build);
  fmt::print("libc {}\n", gnu_get_libc_version());
  fmt::print("simdjson {} {}\n", SIMDJSON_STRINGIFY(SIMDJSON_VERSION), simdjson::get_active_implementation()->name());
  for (const Load& load : kLoads) fmt::print("shape {} {}\n", load.shape, load.messages);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc == 2 ? argv[1] : "";
  if (wanted == "--versions") {
    print_versions();
    return 0;
  }
  for (const Load& load : kLoads) {
    if (wanted != load.shape) continue;
    const auto shape = loom::benchmarks::shape_named(load.shape, load.messages);
    if (const auto wrong = loom::benchmarks::wrong_rows(*shape)) {
      fmt::print(stderr, "{}\n", *wrong);
      return 1;
    }
    return run(*shape) ? 0 : 1;
  }
  fmt::print(stderr, "Usage: count-instructions SHAPE | --versions\n");
  return 2;
}
