#include "server/study/data_hash.h"

#include <algorithm>

#include "server/model/document.h"
#include "server/model/json.h"

namespace hpsearch::study {
namespace {

// Of several sets, by name.
std::map<std::string, std::string> ReadHashes(const std::string& data_hash) {
  std::map<std::string, std::string> hashes;
  const absl::StatusOr<model::Node> several = model::FromJson(data_hash);
  if (!several.ok() || !several->is_mapping()) return hashes;
  for (const model::Node::Entry& entry : several->mapping()) {
    if (entry.value.is_text()) hashes.emplace(entry.key, entry.value.text());
  }
  return hashes;
}

std::vector<std::string> HashesIn(const std::string& data_hash) {
  if (!IsOfSeveral(data_hash)) return {data_hash};
  std::vector<std::string> hashes;
  for (const auto& [name, hash] : ReadHashes(data_hash)) hashes.push_back(hash);
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
  return DataHashes().In(data_hash, dataset);
}

const std::string& DataHashes::In(const std::string& data_hash, const std::string& dataset) {
  if (!IsOfSeveral(data_hash)) return data_hash;
  if (data_hash != read_) {
    hashes_ = ReadHashes(data_hash);
    read_ = data_hash;
  }
  static const std::string none;
  const auto hash = hashes_.find(dataset);
  return hash == hashes_.end() ? none : hash->second;
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
