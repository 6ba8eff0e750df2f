#include "schemas.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "mapping/loader.h"
#include "registry/parse_schema.h"

namespace loom::bench {
namespace {

using formats::Format;

std::string registry_body(const samples::SampleSchema& schema) {
  nlohmann::json body{{"schema", schema.text}};
  if (schema.format == Format::protobuf) body["schemaType"] = "PROTOBUF";  // Avro is what a registry leaves out
  return body.dump();
}

decode::SchemaAnswer parsed(const samples::SampleSchema& schema) {
  registry::FetchedSchema fetched;
  fetched.outcome = registry::Outcome::ok;
  fetched.format = schema.format;
  fetched.text = schema.text;
  registry::ParsedSchema made = registry::parse_schema(fetched);
  if (made.schema == nullptr) throw std::runtime_error("the backlog's schema cannot be read: " + made.problem);
  return {std::move(made.schema), {}, false};
}

}  // namespace

Schemas::Schemas(const Options& options) {
  if (options.format == Format::json) return;
  const mapping::LoadResult mapping = mapping::load_mapping_file(options.mapping);
  if (!mapping.file) throw std::runtime_error("cannot load " + options.mapping);
  std::vector<http::Route> routes;
  routes.push_back({.path = "/schemas/types", .answer = [] { return http::Answer{.body = R"(["AVRO","PROTOBUF"])"}; }});
  for (const mapping::TopicMapping& topic : mapping.file->topics) {
    schemas_.push_back(samples::sample_schema(topic, topic.topic, options.format));
    parsed_.push_back(parsed(schemas_.back()));
    const std::string body = registry_body(schemas_.back());
    routes.push_back({.path = fmt::format("/schemas/ids/{}", schemas_.size()),
                      .answer = [body] { return http::Answer{.body = body}; }});
  }
  server_ = std::make_unique<http::Server>(http::ServerSettings{.host = "127.0.0.1"}, std::move(routes));
}

std::shared_ptr<samples::SampleEncoder> Schemas::encoder(std::size_t target) const {
  if (server_ == nullptr) return nullptr;
  return std::make_shared<samples::SampleEncoder>(schemas_.at(target), samples::SampleFrame{.id = target + 1});
}

std::string Schemas::url() const {
  return server_ == nullptr ? std::string() : fmt::format("http://127.0.0.1:{}", server_->port());
}

decode::SchemaAnswer Schemas::find(const decode::SchemaId& id) {
  if (id.number == 0 || id.number > parsed_.size()) return {nullptr, "there is no such schema", false};
  return parsed_[id.number - 1];
}

std::string mapping_with_format(const Options& options) {
  if (options.format == Format::json) return options.mapping;
  std::ifstream in(options.mapping);
  std::ostringstream out;
  bool found = false;
  for (std::string line; std::getline(in, line);) {
    out << line << '\n';
    if (line != "defaults:") continue;
    out << "  format: " << mapping::to_string(options.format) << '\n';
    found = true;
  }
  if (!found) throw std::runtime_error(options.mapping + " has no `defaults:` to put the format in");
  std::string path = options.work_dir + "/topic_mappings.yml";
  std::ofstream file(path);
  file << out.str();
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
  return path;
}

}  // namespace loom::bench
