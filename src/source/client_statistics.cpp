#include "source/client_statistics.h"

#include <simdjson.h>

#include <algorithm>

namespace loom::source {

namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

// 240 partitions of 40 topics make a document of 208 KB: 1.5 ms of CPU, of which 0.1 ms are spent here.
//
// Each of these goes forward through an object once and reads what it knows of it; the rest is skipped without being
// looked at. False: this is no such document.

template <typename Visit>
bool each_field(ondemand::value value, const Visit& visit) {
  ondemand::object object;
  if (value.get_object().get(object) != SUCCESS) return false;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field) != SUCCESS) return false;
    std::string_view name;
    if (field.unescaped_key().get(name) != SUCCESS) return false;
    if (!visit(name, field.value())) return false;
  }
  return true;
}

template <typename Number>
bool read(ondemand::value value, Number& number) {
  std::int64_t whole = 0;
  if (value.get_int64().get(whole) != SUCCESS) return false;
  // Gauges go below zero for a moment when they are read while they change.
  number = static_cast<Number>(std::max<std::int64_t>(whole, std::is_signed_v<Number> ? whole : 0));
  return true;
}

bool read(ondemand::value value, std::string& text) {
  std::string_view view;
  if (value.get_string().get(view) != SUCCESS) return false;
  text = view;
  return true;
}

template <typename Number>
bool add(ondemand::value value, Number& sum) {
  Number more{};
  if (!read(value, more)) return false;
  sum += more;
  return true;
}

bool read_microseconds(ondemand::value value, double& seconds) {
  std::int64_t microseconds = 0;
  if (!read(value, microseconds)) return false;
  seconds = static_cast<double>(microseconds) / 1e6;
  return true;
}

bool read_round_trip(ondemand::value value, BrokerStatistics& broker) {
  return each_field(value, [&](std::string_view name, ondemand::value field) {
    if (name == "avg") return read_microseconds(field, broker.round_trip_seconds);
    if (name == "p99") return read_microseconds(field, broker.round_trip_p99_seconds);
    return true;
  });
}

bool read_broker(ondemand::value value, std::vector<BrokerStatistics>& brokers) {
  BrokerStatistics broker;
  std::string source;
  const bool good = each_field(value, [&](std::string_view name, ondemand::value field) {
    if (name == "nodeid") return read(field, broker.id);
    if (name == "nodename") return read(field, broker.address);
    if (name == "source") return read(field, source);
    if (name == "rxbytes") return read(field, broker.received_bytes);
    if (name == "tx") return read(field, broker.requests);
    if (name == "txerrs" || name == "rxerrs" || name == "req_timeouts") return add(field, broker.request_errors);
    if (name == "rtt") return read_round_trip(field, broker);
    if (name != "state") return true;
    std::string state;
    const bool known = read(field, state);
    // UPDATE: up, and about to be told of changes. INIT: nobody wants a connection to it now.
    broker.up = state == "UP" || state == "UPDATE" || state == "INIT";
    return known;
  });
  // The addresses that one starts with and the group's coordinator stand there as brokers of their own.
  if (good && broker.id >= 0 && source != "logical") brokers.push_back(std::move(broker));
  return good;
}

bool read_topic(ondemand::value value, ClientStatistics& all) {
  const auto read_partition = [&all](std::string_view /*number*/, ondemand::value partition) {
    return each_field(partition, [&all](std::string_view name, ondemand::value field) {
      if (name == "fetchq_cnt") return add(field, all.fetch_queue_messages);
      if (name == "fetchq_size") return add(field, all.fetch_queue_bytes);
      return true;
    });
  };
  return each_field(value, [&](std::string_view name, ondemand::value field) {
    return name != "partitions" || each_field(field, read_partition);
  });
}

bool read_group(ondemand::value value, ClientStatistics& all) {
  return each_field(value, [&](std::string_view name, ondemand::value field) {
    if (name == "state") return read(field, all.group_state);
    if (name == "rebalance_cnt") return read(field, all.group_rebalances);
    return true;
  });
}

}  // namespace

std::optional<ClientStatistics> parse_statistics(std::string_view json) {
  const simdjson::padded_string padded(json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::value root;
  if (parser.iterate(padded).get(document) != SUCCESS || document.get_value().get(root) != SUCCESS) return std::nullopt;
  ClientStatistics all;
  bool about_brokers = false;
  const bool good = each_field(root, [&](std::string_view name, ondemand::value field) {
    if (name == "rxmsgs") return read(field, all.received_messages);
    if (name == "cgrp") return read_group(field, all);
    if (name == "brokers") {
      about_brokers = true;
      return each_field(field,
                        [&](std::string_view, ondemand::value broker) { return read_broker(broker, all.brokers); });
    }
    if (name == "topics") {
      return each_field(field, [&](std::string_view, ondemand::value topic) { return read_topic(topic, all); });
    }
    return true;
  });
  if (!good || !about_brokers) return std::nullopt;
  std::sort(all.brokers.begin(), all.brokers.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

}  // namespace loom::source
