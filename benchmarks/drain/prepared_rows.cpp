#include "prepared_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "backlog.h"
#include "encode/row_builder.h"
#include "mapping/loader.h"
#include "mapping/mapping_file.h"
#include "pipeline/compile_topic.h"
#include "schemas.h"
#include "sink/catalog_reader.h"

namespace loom::bench {
namespace {

std::shared_ptr<const mapping::TopicPlan> make_plan(const Options& options, std::size_t target) {
  const mapping::LoadResult loaded = mapping::load_mapping_file(options.mapping);
  if (!loaded.file) throw std::runtime_error("cannot load " + options.mapping);
  const auto catalog = sink::DatabaseCatalog::read(options.database_url, pipeline::tables_of(*loaded.file));
  mapping::CompileResult compiled = pipeline::compile_topic(loaded.file->topics.at(target), catalog, options.mapping);
  if (!compiled.plan) throw std::runtime_error(options.mapping + " does not fit the table");
  return std::make_shared<const mapping::TopicPlan>(std::move(*compiled.plan));
}

std::string copy_statement(const mapping::TopicPlan& plan, const std::string& table) {
  std::vector<std::string> columns;
  for (const mapping::PlanColumn& column : plan.tables[0].columns) {
    columns.push_back(mapping::quote_identifier(column.info.name));
  }
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table, fmt::join(columns, ", "));
}

}  // namespace

PreparedRows::PreparedRows(const Options& options) {
  topics_.reserve(options.targets.size());
  for (std::size_t i = 0; i < options.targets.size(); ++i) read(options, i);
  seen_.clear();
  encoded_per_second_ = static_cast<double>(options.messages) / std::chrono::duration<double>(encoding_).count();
  if (options.refuses_or_repeats() || rows() == options.messages) return;
  throw std::runtime_error(fmt::format("{} messages gave {} rows", options.messages, rows()));
}

void PreparedRows::read(const Options& options, std::size_t target) {
  const auto plan = make_plan(options, target);
  Topic& topic = topics_.emplace_back();
  topic.statement = copy_statement(*plan, options.targets[target].ceiling);
  topic.partitions.resize(options.shares.size());
  const SystemClock clock;
  encode::RowBuilder builder(plan, options.targets[target].topic, clock, {.schemas = options.schemas});
  std::uint32_t index = 0;
  seen_.clear();
  message_bytes_ += read_backlog(options, target, [&](const std::vector<Message>& messages) {
    const TimePoint started = clock.now();
    for (const Message& message : messages) {
      auto& rows = topic.partitions.at(static_cast<std::size_t>(message.partition));
      // A bad message is refused however often it comes.
      const bool known = options.duplicates > 0 && options.bad_ratio == 0 && seen_before(message.value);
      const auto reject = known ? std::nullopt : builder.append(message, index++, rows);
      if (!reject) continue;
      if (options.bad_ratio == 0) throw std::runtime_error("a message became no row: " + reject->message);
      ++refused_;
    }
    encoding_ += clock.now() - started;
  });
}

bool PreparedRows::seen_before(std::string_view message) {
  return !seen_.insert(std::hash<std::string_view>{}(message)).second;
}

const encode::RowSet& PreparedRows::rows_of(const encode::RowSets& partition) {
  static const encode::RowSet nothing;
  const auto& sets = partition.all();
  if (sets.empty()) return nothing;
  if (sets.size() > 1) throw std::runtime_error("the rows do not all have the same columns");
  return sets.front();
}

std::vector<Piece> PreparedRows::pieces(std::size_t rows_each) const {
  std::vector<Piece> out;
  for (std::size_t begin = 0, before = 1; before != out.size(); begin += rows_each) {
    before = out.size();
    for (const Topic& topic : topics_) {
      for (const encode::RowSets& partition : topic.partitions) {
        const encode::RowSet& set = rows_of(partition);
        if (begin >= set.rows.size()) continue;
        const std::size_t last = std::min(begin + rows_each, set.rows.size()) - 1;
        out.push_back({&topic.statement, set.bytes.view(set.rows[begin].begin, set.row_end(last))});
      }
    }
  }
  return out;
}

std::uint64_t PreparedRows::rows(std::size_t target) const {
  std::uint64_t rows = 0;
  for (const encode::RowSets& partition : topics_[target].partitions) rows += rows_of(partition).rows.size();
  return rows;
}

std::uint64_t PreparedRows::rows() const {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < topics_.size(); ++i) all += rows(i);
  return all;
}

std::uint64_t PreparedRows::row_bytes() const {
  std::uint64_t bytes = 0;
  for (const Topic& topic : topics_) {
    for (const encode::RowSets& partition : topic.partitions) bytes += rows_of(partition).bytes.size();
  }
  return bytes;
}

}  // namespace loom::bench
