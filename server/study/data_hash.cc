#include "server/study/data_hash.h"

#include <algorithm>

#include "server/model/document.h"
#include "server/model/json.h"

namespace hpsearch::study {
namespace {

std::vector<std::string> HashesIn(const std::string& data_hash) {
  if (!IsOfSeveral(data_hash)) return {data_hash};
  std::vector<std::string> hashes;
  const absl::StatusOr<model::Node> several = model::FromJson(data_hash);
  if (!several.ok() || !several->is_mapping()) return hashes;
  for (const model::Node::Entry& entry : several->mapping()) {
    if (entry.value.is_text()) hashes.push_back(entry.value.text());
  }
  return hashes;
}

}  // namespace

const DatasetOffer* OfferOf(const WorkerHello& worker, const std::string& dataset) {
  for (const DatasetOffer& offer : worker.datasets) {
    if (offer.key == dataset) return &offer;
  }
  return nullptr;
}

std::string DataHashOf(const std::vector<std::string>& datasets, const WorkerHello& worker) {
  if (datasets.size() == 1) return OfferOf(worker, datasets.front())->hash;
  model::Node several = model::Node::Mapping();
  for (const std::string& dataset : datasets) several.Set(dataset, OfferOf(worker, dataset)->hash);
  return model::ToJson(several);
}

std::string HashIn(const std::string& data_hash, const std::string& dataset) {
  if (!IsOfSeveral(data_hash)) return data_hash;
  const absl::StatusOr<model::Node> several = model::FromJson(data_hash);
  const model::Node* hash = several.ok() ? several->Find(dataset) : nullptr;
  return hash != nullptr && hash->is_text() ? hash->text() : "";
}

bool ShareData(const std::string& data_hash, const std::string& other) {
  if (data_hash == other) return true;
  const std::vector<std::string> others = HashesIn(other);
  return std::ranges::any_of(HashesIn(data_hash), [&](const std::string& hash) {
    return std::ranges::find(others, hash) != others.end();
  });
}

bool IsOfSeveral(const std::string& data_hash) { return data_hash.starts_with('{'); }

}  // namespace hpsearch::study
