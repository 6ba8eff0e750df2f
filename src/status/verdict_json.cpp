#include "status/verdict_json.h"

#include <string>

#include "status/cause_words.h"
#include "status/verdict.h"

namespace loom::status {
namespace {

Json finding_json(const Finding& finding) {
  return {{"level", to_string(finding.level)},
          {"title", finding.title},
          {"text", finding.text},
          {"what_to_do", finding.what_to_do}};
}

}  // namespace

Json verdict_json(const Snapshot& snapshot) {
  const auto findings = judge(snapshot);
  Json verdict = finding_json(findings.front());
  Json also = Json::array();
  for (auto one = findings.begin() + 1; one != findings.end(); ++one) also.push_back(finding_json(*one));
  verdict["also"] = std::move(also);
  return verdict;
}

Json troubles_json(const Snapshot& snapshot) {
  Json all = Json::array();
  for (const Trouble& one : snapshot.troubles) {
    const CauseWords words = words_of(one.cause);
    all.push_back({{"cause", to_string(one.cause)},
                   {"for_seconds", seconds_value(one.since_seconds)},
                   {"topics", one.topics},
                   {"title", words.title},
                   {"says", one.says},
                   {"what_to_do", words.what_to_do}});
  }
  return all;
}

Json topic_trouble_json(const std::optional<Trouble>& trouble) {
  if (!trouble) return nullptr;
  return {{"cause", to_string(trouble->cause)},
          {"title", words_of(trouble->cause).title},
          {"for_seconds", seconds_value(trouble->since_seconds)},
          {"says", trouble->says}};
}

Json window_json(const Window& window) {
  return {{"seconds", rounded(window.seconds, 1)},
          {"messages", window.messages},
          {"stored", window.stored},
          {"rows", window.rows},
          {"dead_letters", window.dead_letters},
          {"dead_letter_share", rounded(window.dead_letter_share(), 4)},
          {"retries", window.retries}};
}

Json reloads_json(const Snapshot& snapshot) {
  Json waiting = nullptr;
  if (snapshot.refused_reload) {
    waiting = {{"for_seconds", seconds_value(snapshot.refused_reload->since_seconds)},
               {"tried_again", snapshot.refused_reload->tried_again},
               {"errors", snapshot.refused_reload->errors}};
  }
  return {{"applied", snapshot.reloads}, {"refused", snapshot.refused_reloads}, {"waiting", std::move(waiting)}};
}

}  // namespace loom::status
