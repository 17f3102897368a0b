#include "server/search/warm_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/model/key_check.h"
#include "server/model/key_table.h"

namespace hpsearch::search {
namespace {

using model::Node;

model::KeyTable WarmStartKeys() {
  return {.name = "warm_start",
          .keys = {{.key = "study", .type = model::KeyType::kText},
                   {.key = "studies", .type = model::KeyType::kTexts}}};
}

}  // namespace

std::vector<std::string> ReadWarmStart(const Node& warm_start, model::Faults& faults) {
  const std::string path = "search.warm_start";
  const std::size_t before = faults.size();
  Node keys = warm_start;
  model::KeyChecker(faults, nullptr).CheckKeys(keys, WarmStartKeys(), path);
  if (faults.size() > before) return {};
  const Node* one = keys.Find("study");
  const Node* several = keys.Find("studies");
  const bool has_one = one != nullptr && one->is_text(),
             has_several = several != nullptr && several->is_sequence();
  if (has_one == has_several) {
    faults.push_back({path, "a study's name is wanted, {study: NAME}, or several: {studies: [NAME, NAME]}"});
    return {};
  }
  if (has_one) return {one->text()};
  std::vector<std::string> studies;
  for (const Node& name : several->sequence()) studies.push_back(name.text());
  if (studies.size() > kMostEarlierStudies) {
    faults.push_back({model::Join(path, "studies"),
                      fmt::format("{} studies; at most {} are wanted", studies.size(), kMostEarlierStudies)});
    return {};
  }
  for (std::size_t i = 0; i < studies.size(); ++i) {
    if (std::find(studies.begin(), studies.begin() + static_cast<std::ptrdiff_t>(i), studies[i]) ==
        studies.begin() + static_cast<std::ptrdiff_t>(i)) {
      continue;
    }
    faults.push_back({model::Join(model::Join(path, "studies"), i),
                      fmt::format("'{}' stands there twice; each study is wanted once", studies[i])});
  }
  return studies;
}

Node WarmStartDocument(const std::vector<std::string>& studies) {
  if (studies.size() == 1) return Node::Mapping{{"study", studies.front()}};
  Node::Sequence names;
  for (const std::string& name : studies) names.emplace_back(name);
  return Node::Mapping{{"studies", std::move(names)}};
}

}  // namespace hpsearch::search
