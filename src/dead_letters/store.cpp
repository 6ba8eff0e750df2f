#include "dead_letters/store.h"

#include <fmt/format.h>

#include <pqxx/pqxx>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "settings/database_url.h"
#include "sink/control_connection.h"
#include "text/instant.h"

namespace loom::dead_letters {
namespace {

constexpr const char* kSummary =
    "d.id, d.consumer_group, d.topic, d.partition, d.\"offset\", (extract(epoch FROM d.message_timestamp) * "
    "1000)::bigint, d.reason, coalesce(d.sqlstate, ''), d.message, (extract(epoch FROM d.created_at) * "
    "1000000)::bigint, coalesce(d.trace_id, ''), ";
constexpr int kSummaryColumns = 12;

const char* table_of(bool repaired) { return repaired ? "kafka_repaired_dead_letters" : "kafka_dead_letters"; }
const char* time_of(bool repaired) { return repaired ? "repaired_at" : "created_at"; }

std::string summary(bool repaired) {
  return std::string(kSummary) + (repaired ? "(extract(epoch FROM d.repaired_at) * 1000000)::bigint" : "NULL::bigint");
}

std::string from(bool repaired) { return std::string(" FROM ") + table_of(repaired) + " d"; }

std::string id_list(const std::vector<std::int64_t>& ids) {
  std::string out = "'{";
  for (const auto id : ids) out += (out.size() > 2 ? "," : "") + std::to_string(id);
  return out + "}'::bigint[]";
}

std::string condition(const pqxx::work& tx, const DeadLetterFilter& filter) {
  std::string out = " WHERE true";
  const auto add = [&](const char* column, const std::optional<std::string>& value) {
    if (value) out += std::string(" AND d.") + column + " = " + tx.quote(*value);
  };
  add("consumer_group", filter.group);
  add("topic", filter.topic);
  add("reason", filter.reason);
  add("trace_id", filter.trace_id);
  const auto add_time = [&](const char* relation, const std::optional<std::int64_t>& us) {
    if (!us) return;
    out += std::string(" AND d.") + time_of(filter.repaired) + relation + tx.quote(text::instant_text(*us));
    out += "::timestamptz";
  };
  add_time(" >= ", filter.since_us);
  add_time(" < ", filter.until_us);
  if (!filter.ids.empty()) out += " AND d.id = ANY (" + id_list(filter.ids) + ")";
  return out;
}

std::string limited(const DeadLetterFilter& filter) {
  return filter.limit ? " LIMIT " + std::to_string(*filter.limit) : "";
}

unsigned nibble(char digit) { return static_cast<unsigned>(digit >= 'a' ? digit - 'a' + 10 : digit - '0'); }

// pqxx::row and pqxx::field; from libpqxx 8 on pqxx::row_ref and pqxx::field_ref.
using Row = std::remove_cvref_t<decltype(std::declval<const pqxx::result&>()[0])>;
using Field = std::remove_cvref_t<decltype(std::declval<const Row&>()[0])>;

/// Bytes travel as hexadecimal text, which every version of libpqxx takes.
std::optional<std::string> bytes_of(const Field& field) {
  if (field.is_null()) return std::nullopt;
  const std::string_view hex(field.c_str(), field.size());
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>((nibble(hex[i]) << 4U) | nibble(hex[i + 1]));
  }
  return out;
}

DeadLetter summary_of(const Row& row) {
  DeadLetter dead_letter;
  dead_letter.id = row[0].as<std::int64_t>();
  dead_letter.group = row[1].as<std::string>();
  dead_letter.topic = row[2].as<std::string>();
  dead_letter.partition = row[3].as<std::int32_t>();
  dead_letter.offset = row[4].as<std::int64_t>();
  dead_letter.timestamp_ms = row[5].is_null() ? -1 : row[5].as<std::int64_t>();
  dead_letter.reason = row[6].as<std::string>();
  dead_letter.sqlstate = row[7].as<std::string>();
  dead_letter.message = row[8].as<std::string>();
  dead_letter.created_us = row[9].as<std::int64_t>();
  dead_letter.trace_id = row[10].as<std::string>();
  if (!row[11].is_null()) dead_letter.repaired_us = row[11].as<std::int64_t>();
  return dead_letter;
}

void add_headers(pqxx::work& tx, const std::string& ids, bool repaired, std::vector<DeadLetter>& dead_letters) {
  const pqxx::result rows = tx.exec(
      "SELECT d.id, h.header->>'name', encode(CASE WHEN h.header->>'encoding' = 'base64' THEN "
      "decode(h.header->>'value', 'base64') ELSE convert_to(h.header->>'value', 'UTF8') END, 'hex')" +
      from(repaired) +
      " CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(d.headers) = 'array' THEN "
      "d.headers ELSE '[]' END) WITH ORDINALITY h (header, place) WHERE d.id = ANY (" +
      ids + ") ORDER BY d.id, h.place");
  auto dead_letter = dead_letters.begin();
  for (const auto& row : rows) {
    const auto id = row[0].as<std::int64_t>();
    while (dead_letter != dead_letters.end() && dead_letter->id < id) ++dead_letter;
    if (dead_letter == dead_letters.end()) return;
    if (dead_letter->id == id) dead_letter->headers.push_back({row[1].as<std::string>(""), bytes_of(row[2])});
  }
}

std::vector<DeadLetter> read_whole(pqxx::work& tx, const std::string& ids, bool repaired, const std::string& lock) {
  std::vector<DeadLetter> dead_letters;
  std::string sql = "SELECT " + summary(repaired) + ", encode(d.key, 'hex'), encode(d.value, 'hex'), " +
                    (repaired ? "encode(d.corrected_value, 'hex')" : "NULL") + from(repaired);
  sql.append(" WHERE d.id = ANY (").append(ids).append(") ORDER BY d.id").append(lock);
  for (const auto& row : tx.exec(sql)) {
    dead_letters.push_back(summary_of(row));
    dead_letters.back().key = bytes_of(row[kSummaryColumns]);
    dead_letters.back().value = bytes_of(row[kSummaryColumns + 1]);
    dead_letters.back().corrected_value = bytes_of(row[kSummaryColumns + 2]);
  }
  add_headers(tx, ids, repaired, dead_letters);
  return dead_letters;
}

}  // namespace

struct DeadLetterStore::Impl {
  std::string url;
  std::unique_ptr<pqxx::connection> connection;

  /// Runs `work` in a transaction of its own.
  template <typename Work>
  auto transact(const Work& work) {
    try {
      if (connection == nullptr || !connection->is_open()) connection = sink::open_control_connection(url);
      pqxx::work tx(*connection);
      auto result = work(tx);
      tx.commit();
      return result;
    } catch (const pqxx::undefined_table&) {
      throw std::runtime_error(
          "the database lacks kafka_dead_letters or kafka_repaired_dead_letters: run `kafka-to-db-consumer migrate`");
    } catch (const pqxx::broken_connection& error) {
      connection.reset();
      throw std::runtime_error("the connection to the database broke: " + settings::failure_text(error.what(), url));
    } catch (const pqxx::sql_error& error) {
      throw std::runtime_error("kafka_dead_letters: " + settings::failure_text(error.what(), url));
    }
  }
};

DeadLetterStore::DeadLetterStore(const std::string& url) : impl_(new Impl{url, nullptr}) {}
DeadLetterStore::~DeadLetterStore() = default;

std::vector<DeadLetterCount> DeadLetterStore::counts(const DeadLetterFilter& filter) {
  return impl_->transact([&](pqxx::work& tx) {
    std::vector<DeadLetterCount> counts;
    std::string sql = fmt::format(
        "SELECT d.topic, d.reason, count(*), (extract(epoch FROM min(d.{0})) * 1000000)::bigint, "
        "(extract(epoch FROM max(d.{0})) * 1000000)::bigint",
        time_of(filter.repaired));
    sql += from(filter.repaired) + condition(tx, filter) + " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2";
    for (const auto& row : tx.exec(sql)) {
      counts.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::uint64_t>(),
                        row[3].as<std::int64_t>(), row[4].as<std::int64_t>()});
    }
    return counts;
  });
}

std::vector<DeadLetter> DeadLetterStore::list(const DeadLetterFilter& filter) {
  return impl_->transact([&](pqxx::work& tx) {
    std::vector<DeadLetter> dead_letters;
    for (const auto& row :
         tx.exec("SELECT " + summary(filter.repaired) + from(filter.repaired) + condition(tx, filter) + " ORDER BY d." +
                 (filter.repaired ? "repaired_at DESC, d.id" : "id") + " DESC" + limited(filter))) {
      dead_letters.push_back(summary_of(row));
    }
    return dead_letters;
  });
}

std::uint64_t DeadLetterStore::count(const DeadLetterFilter& filter) {
  return impl_->transact([&](pqxx::work& tx) {
    return tx
        .exec("SELECT count(*) FROM (SELECT 1" + from(filter.repaired) + condition(tx, filter) + limited(filter) +
              ") chosen")[0][0]
        .as<std::uint64_t>();
  });
}

std::optional<DeadLetter> DeadLetterStore::find(std::int64_t id) {
  return impl_->transact([&](pqxx::work& tx) {
    auto dead_letters = read_whole(tx, id_list({id}), false, "");
    if (dead_letters.empty()) dead_letters = read_whole(tx, id_list({id}), true, "");
    return dead_letters.empty() ? std::optional<DeadLetter>() : std::move(dead_letters.front());
  });
}

std::vector<std::int64_t> DeadLetterStore::ids(const DeadLetterFilter& filter) {
  return impl_->transact([&](pqxx::work& tx) {
    std::vector<std::int64_t> ids;
    for (const auto& row :
         tx.exec("SELECT d.id" + from(filter.repaired) + condition(tx, filter) + " ORDER BY d.id" + limited(filter))) {
      ids.push_back(row[0].as<std::int64_t>());
    }
    return ids;
  });
}

std::uint64_t DeadLetterStore::purge(const DeadLetterFilter& filter) {
  return impl_->transact([&](pqxx::work& tx) {
    const std::string chosen =
        "SELECT d.id" + from(filter.repaired) + condition(tx, filter) + " ORDER BY d.id" + limited(filter);
    return static_cast<std::uint64_t>(
        tx.exec(std::string("DELETE FROM ") + table_of(filter.repaired) + " WHERE id IN (" + chosen + ")")
            .affected_rows());
  });
}

std::vector<DeadLetterStore::Size> DeadLetterStore::page(const DeadLetterFilter& filter, const std::string& topic,
                                                         std::int64_t after, std::int64_t last, std::size_t most) {
  return impl_->transact([&](pqxx::work& tx) {
    DeadLetterFilter of_topic = filter;
    of_topic.topic = topic;
    std::vector<Size> sizes;
    for (const auto& row :
         tx.exec("SELECT d.id, coalesce(octet_length(d.key), 0) + coalesce(octet_length(d.value), 0) FROM "
                 "kafka_dead_letters d" +
                 condition(tx, of_topic) + " AND d.id > " + std::to_string(after) +
                 " AND d.id <= " + std::to_string(last) + " ORDER BY d.id LIMIT " + std::to_string(most))) {
      sizes.push_back({row[0].as<std::int64_t>(), row[1].as<std::size_t>()});
    }
    return sizes;
  });
}

std::vector<DeadLetter> DeadLetterStore::read(const std::vector<std::int64_t>& ids, bool wait) {
  return impl_->transact([&](pqxx::work& tx) {
    return read_whole(tx, id_list(ids), false, wait ? " FOR UPDATE" : " FOR UPDATE SKIP LOCKED");
  });
}

std::int64_t DeadLetterStore::last_id() {
  return impl_->transact([](pqxx::work& tx) {
    return tx.exec("SELECT coalesce(max(id), 0) FROM kafka_dead_letters")[0][0].as<std::int64_t>();
  });
}

}  // namespace loom::dead_letters
