#pragma once

namespace loom::source {

/// What some versions of librdkafka need from us. The version that counts is the one in the process, not the one of the
/// headers: a distribution replaces the library under the program, and its soname stays.
struct LibraryNeeds {
  /// Before 2.2, which brought fetch.queue.backoff.ms: see FetchWaker.
  bool waking = false;
  /// Before 2.2. The changelogs up to 2.1.0 tell of messages that were left out after a seek, a pause or a rebalance,
  /// where the application took messages at the same time.
  bool second_look_after_seek = false;
  /// Before 2.6.1 Kafka 4.0 and newer refuse its SCRAM as invalid credentials, whatever the password: its nonce was
  /// wrong (librdkafka's pull request 4895; seen with 2.0.2, 2.2.0 and 2.4.0 against Kafka 4.4.0, and not with 2.6.1).
  bool newer_for_scram = false;
};

/// `version` as rd_kafka_version() gives it: 0x020200ff is 2.2.0.
constexpr LibraryNeeds needs_of(int version) {
  const bool before_2_2 = version < 0x02020000;
  return {.waking = before_2_2, .second_look_after_seek = before_2_2, .newer_for_scram = version < 0x02060100};
}

/// Of the librdkafka that this process runs with.
LibraryNeeds library_needs();

}  // namespace loom::source
