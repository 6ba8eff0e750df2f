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
#include "sink/catalog_reader.h"

namespace loom::bench {
namespace {

std::shared_ptr<const mapping::TopicPlan> make_plan(const Options& options) {
  const mapping::LoadResult loaded = mapping::load_mapping_file(options.mapping);
  if (!loaded.file) throw std::runtime_error("cannot load " + options.mapping);
  const auto catalog = sink::DatabaseCatalog::read(options.database_url, pipeline::tables_of(*loaded.file));
  mapping::CompileResult compiled = pipeline::compile_topic(loaded.file->topics.at(0), catalog, options.mapping);
  if (!compiled.plan) throw std::runtime_error(options.mapping + " does not fit the table");
  return std::make_shared<const mapping::TopicPlan>(std::move(*compiled.plan));
}

}  // namespace

PreparedRows::PreparedRows(const Options& options) : partitions_(options.shares.size()) {
  const auto plan = make_plan(options);
  for (const mapping::PlanColumn& column : plan->tables[0].columns) {
    columns_.push_back(mapping::quote_identifier(column.info.name));
  }
  const SystemClock clock;
  encode::RowBuilder builder(plan, kTopic, clock);
  Duration encoding{};
  std::uint32_t index = 0;
  message_bytes_ = read_backlog(options, [&](const std::vector<Message>& messages) {
    const TimePoint started = clock.now();
    for (const Message& message : messages) {
      const auto reject = builder.append(message, index++, partitions_.at(static_cast<std::size_t>(message.partition)));
      if (reject) throw std::runtime_error("a message became no row: " + reject->message);
    }
    encoding += clock.now() - started;
  });
  encoded_per_second_ = index / std::chrono::duration<double>(encoding).count();
  std::size_t rows = 0;
  for (std::size_t i = 0; i < partitions_.size(); ++i) rows += rows_of(i).rows.size();
  if (rows != options.messages) throw std::runtime_error(fmt::format("{} messages gave {} rows", index, rows));
}

const encode::RowSet& PreparedRows::rows_of(std::size_t partition) const {
  static const encode::RowSet nothing;
  const auto& sets = partitions_[partition].all();
  if (sets.empty()) return nothing;
  if (sets.size() > 1) throw std::runtime_error("the rows do not all have the same columns");
  return sets.front();
}

std::vector<std::string_view> PreparedRows::pieces(std::size_t rows_each) const {
  std::vector<std::string_view> out;
  for (std::size_t begin = 0, before = 1; before != out.size(); begin += rows_each) {
    before = out.size();
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      const encode::RowSet& set = rows_of(i);
      if (begin >= set.rows.size()) continue;
      const std::size_t last = std::min(begin + rows_each, set.rows.size()) - 1;
      out.push_back(set.bytes.view(set.rows[begin].begin, set.row_end(last)));
    }
  }
  return out;
}

std::string PreparedRows::copy_statement(const std::string& table) const {
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table, fmt::join(columns_, ", "));
}

std::uint64_t PreparedRows::row_bytes() const {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < partitions_.size(); ++i) bytes += rows_of(i).bytes.size();
  return bytes;
}

}  // namespace loom::bench
