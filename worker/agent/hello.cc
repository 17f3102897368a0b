#include "worker/agent/hello.h"

#include <memory>
#include <random>
#include <utility>

#include "absl/status/statusor.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace hpsearch::agent {

std::vector<v1::DatasetOffer> OfferDatasets(data::Catalog& catalog, const std::vector<std::string>& keys,
                                            const std::function<bool()>& stopped) {
  std::vector<v1::DatasetOffer> offers;
  for (const std::string& key : keys) {
    if (stopped()) break;
    v1::DatasetOffer& offer = offers.emplace_back();
    offer.set_key(key);
    const absl::StatusOr<std::shared_ptr<const data::Dataset>> dataset = catalog.Load(key);
    if (!dataset.ok()) {
      offer.set_fault(std::string(dataset.status().message()));
      spdlog::warn("data set {} cannot be used: {}", key, offer.fault());
      continue;
    }
    const data::Dataset& set = **dataset;
    offer.set_hash(set.hash);
    offer.mutable_sample_shape()->Add(set.shape.sample.begin(), set.shape.sample.end());
    offer.set_classes(set.shape.classes);
    offer.set_train_rows(set.shape.train_rows);
    offer.set_test_rows(set.shape.test_rows);
  }
  return offers;
}

std::vector<std::string> AllKeys(const data::Catalog& catalog) {
  std::vector<std::string> keys;
  for (data::Found& found : catalog.List()) keys.push_back(std::move(found.name));
  return keys;
}

std::string NewInstance() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace hpsearch::agent
