#include "worker/agent/offers.h"

#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"
#include "worker/agent/utf8_text.h"

namespace hpsearch::agent {
namespace {

bool IsTheSetsFault(const absl::Status& status) { return absl::IsDataLoss(status); }

bool Same(const std::optional<v1::DatasetOffer>& left, const std::optional<v1::DatasetOffer>& right) {
  if (!left || !right) return !left && !right;
  return left->fault() == right->fault() && left->hash() == right->hash();
}

}  // namespace

std::optional<v1::DatasetOffer> Offers::OfferOf(const std::string& key, const Loaded& loaded) const {
  v1::DatasetOffer offer;
  offer.set_key(key);
  if (!loaded.ok()) {
    if (others_ == Others::kMayCome && !IsTheSetsFault(loaded.status())) return std::nullopt;
    offer.set_fault(Utf8Text(std::string(loaded.status().message())));
    return offer;
  }
  const data::Dataset& set = **loaded;
  offer.set_hash(set.hash);
  offer.mutable_sample_shape()->Add(set.shape.sample.begin(), set.shape.sample.end());
  offer.set_classes(set.shape.classes);
  offer.set_train_rows(set.shape.train_rows);
  offer.set_test_rows(set.shape.test_rows);
  offer.set_table(set.shape.table);
  offer.set_numbers(set.shape.numbers);
  return offer;
}

bool Offers::IsWhole(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto it = offers_.find(key);
  return it != offers_.end() && it->second && it->second->fault().empty();
}

bool Offers::Set(const std::string& key, const Loaded& loaded) {
  std::optional<v1::DatasetOffer> offer = OfferOf(key, loaded);
  const bool told = offer.has_value();
  bool news = told;
  {
    const std::lock_guard lock(mutex_);
    const auto [it, added] = offers_.try_emplace(key);
    if (!added && Same(it->second, offer)) return false;
    news = news || it->second;
    it->second = std::move(offer);
  }
  if (!loaded.ok()) {
    spdlog::warn("data set {} cannot be used{}: {}", key, told ? "" : " here and is not offered",
                 Utf8Text(std::string(loaded.status().message())));
  }
  return news;
}

bool Offers::Read(const std::vector<std::string>& keys, const std::function<bool()>& stopped) {
  bool changed = false;
  for (const std::string& key : keys) {
    if (stopped()) break;
    if (!IsWhole(key) && Set(key, catalog_->Load(key))) changed = true;
  }
  return changed;
}

std::vector<v1::DatasetOffer> Offers::Current() const {
  const std::lock_guard lock(mutex_);
  std::vector<v1::DatasetOffer> current;
  for (const auto& [key, offer] : offers_) {
    if (offer) current.push_back(*offer);
  }
  return current;
}

bool Offers::Knows(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return offers_.contains(key);
}

absl::StatusOr<std::shared_ptr<const data::Dataset>> Offers::Take(const model::DatasetSpec& spec,
                                                                  const std::string& hash,
                                                                  const std::function<void()>& changed) {
  const std::string& key = spec.Key();
  Loaded loaded = catalog_->Load(spec);
  if (loaded.ok() && (*loaded)->hash == hash) return loaded;
  if (absl::IsInvalidArgument(loaded.status())) return loaded;  // the study's mapping, not the set
  if (loaded.ok() ? Set(key, catalog_->Load(key)) : Set(key, loaded)) changed();
  if (!loaded.ok()) return loaded;
  return absl::FailedPreconditionError(
      fmt::format("{} is not the set that the study trains on: its content is {}, the study's {}", key,
                  (*loaded)->hash, hash));
}

}  // namespace hpsearch::agent
