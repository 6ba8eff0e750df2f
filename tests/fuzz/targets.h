#pragma once

#include <array>
#include <string_view>

/// What the fuzzers feed with bytes. Each function takes any bytes, runs them through the product and checks what must
/// hold whatever they were. The fuzzers (clang's libFuzzer) and the corpus test (any compiler) run the same functions.
/// Threads: one at a time.
/// Fails:   throws Broken when a promise does not hold; crashes, hangs and sanitizer findings speak for themselves.
namespace loom::fuzz {

/// A message's value through plans with every column type and array mappings, in both forms of COPY.
void json_decoder(std::string_view bytes);
/// Bytes after a first one, which chooses a schema, through Avro programs of the whole message and of some paths.
void avro_program(std::string_view bytes);
/// A change event, behind a key and a NUL, in whichever form, into rows and removals.
void change_events(std::string_view bytes);
/// A text through the parsers of integers, floating and exact numbers.
void numbers(std::string_view bytes);
/// A text through the parsers of timestamps, dates and times, and back.
void timestamps(std::string_view bytes);
/// A mapping file through the loader, the tables that it defines, and the compiler.
void mapping_loader(std::string_view bytes);
/// A Protobuf message of one of a few types, chosen by the first byte, with paths of every kind wanted of it.
void protobuf_program(std::string_view bytes);

struct Target {
  std::string_view name;
  void (*run)(std::string_view bytes);
};
inline constexpr std::array<Target, 7> kTargets{{{"json_decoder", json_decoder},
                                                 {"change_events", change_events},
                                                 {"avro_program", avro_program},
                                                 {"numbers", numbers},
                                                 {"timestamps", timestamps},
                                                 {"mapping_loader", mapping_loader},
                                                 {"protobuf_program", protobuf_program}}};

}  // namespace loom::fuzz
