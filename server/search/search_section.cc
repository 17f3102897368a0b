#include "server/search/search_section.h"

#include <fmt/format.h>

#include <utility>

#include "server/model/key_check.h"
#include "server/model/key_table.h"
#include "server/search/warm_start.h"

namespace hpsearch::search {
namespace {

using model::KeyTable;
using model::KeyType;
using model::Node;

const std::string& GridName() {
  static const std::string name = "grid";
  return name;
}

KeyTable GridKeys() {
  return {
      .name = GridName(),
      .keys = {
          {.key = "order", .type = KeyType::kText, .default_value = "product", .choices = {"product", "spread"}}}};
}

KeyTable SearchKeys() {
  KeyTable table = {.name = "search",
                    .keys = {{.key = GridName(), .type = KeyType::kAny},
                             {.key = "refine", .type = KeyType::kAny},
                             {.key = "enqueue", .type = KeyType::kAny},
                             {.key = "warm_start", .type = KeyType::kAny}}};
  for (const strategy::Kind& kind : strategy::Kinds()) {
    table.keys.push_back({.key = kind.keys.name, .type = KeyType::kAny});
  }
  for (const char* planned : {"random", "sobol", "halton", "tpe", "gp", "cmaes", "nsga2"}) {
    if (strategy::Find(planned) == nullptr) table.later.push_back({planned, {}});
  }
  return table;
}

std::optional<Sampling> ReadSampling(const strategy::Kind& kind, Node settings, model::Faults& faults) {
  const std::size_t before = faults.size();
  model::KeyChecker(faults, nullptr).CheckKeys(settings, kind.keys, fmt::format("search.{}", kind.keys.name));
  if (faults.size() > before) return std::nullopt;
  const auto integer = [&](const char* key) -> std::optional<std::int64_t> {
    const Node* value = settings.Find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return std::get<std::int64_t>(value->scalar());
  };
  Sampling sampling{.kind = &kind, .trials = *integer("trials"), .batch = integer("batch")};
  sampling.settings = std::move(settings);
  return sampling;
}

}  // namespace

Search Search::Read(const Node& search, model::Faults& faults) {
  Search read;
  Node keys = search;
  model::KeyChecker(faults, nullptr).CheckKeys(keys, SearchKeys(), "search");
  const Node* grid = search.Find(GridName());
  if (grid != nullptr) {
    Node grid_keys = *grid;
    model::KeyChecker(faults, nullptr).CheckKeys(grid_keys, GridKeys(), "search.grid");
    if (const Node* order = grid_keys.Find("order"); order != nullptr && *order == Node("spread")) {
      read.order = Order::kSpread;
    }
  }
  std::string first = grid == nullptr ? "" : GridName();
  for (const strategy::Kind& kind : strategy::Kinds()) {
    const Node* settings = search.Find(kind.keys.name);
    if (settings == nullptr) continue;
    if (!first.empty()) {
      faults.push_back({fmt::format("search.{}", kind.keys.name),
                        fmt::format("a study has one strategy, and '{}' stands here already", first),
                        model::Fault::At::kKey});
      continue;
    }
    first = kind.keys.name;
    read.sampling = ReadSampling(kind, *settings, faults);
  }
  if (const Node* warm = search.Find("warm_start"); warm != nullptr && !warm->is_null()) {
    if (!read.sampling || !read.sampling->learns()) {
      faults.push_back(
          {"search.warm_start",
           "only a strategy that learns has use for the results of other studies; tpe or gp is wanted "
           "(equal trials are taken over without it)",
           model::Fault::At::kKey});
    } else {
      read.warm_start = ReadWarmStart(*warm, faults);
    }
  }
  if (const Node* refine = search.Find("refine")) read.refine = Refinement::Read(*refine, faults);
  return read;
}

const std::string& Search::name() const { return sampling ? sampling->name() : GridName(); }

Node Search::Document() const {
  Node document((Node::Mapping()));
  if (sampling) {
    document.Set(name(), sampling->settings);
  } else if (order == Order::kSpread) {
    document.Set(name(), Node::Mapping{{"order", "spread"}});
  } else {
    document.Set(name(), Node::Mapping{});
  }
  if (refine && (refine->rounds > 1 || refine->says_more())) document.Set("refine", refine->Document());
  if (!enqueued.empty()) {
    Node::Sequence points;
    for (const Enqueued& point : enqueued) points.push_back(point.document);
    document.Set("enqueue", std::move(points));
  }
  if (!warm_start.empty()) document.Set("warm_start", WarmStartDocument(warm_start));
  return document;
}

}  // namespace hpsearch::search
