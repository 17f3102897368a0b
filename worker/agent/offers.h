// The data sets that this worker offers, as they are on its disk: told in the hello, held against each lease, and
// told anew where a set turns out to be another than it was, or one that was not whole is looked at again and is.
//
// Wrong contents are the set's own fault, are offered as that, and end a study that nobody else has the set whole
// for. What this machine alone cannot do (open a file, hold it in memory) is no fault of the set: it is not
// offered, and the log says why; but where no other worker can come, in a `run`, the study would wait for ever, so
// that there it is told as a fault too.
//
// Threads: any. Shares the catalog.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "worker/data/catalog.h"

namespace hpsearch::agent {

class Offers {
 public:
  enum class Others { kMayCome, kNone };
  Offers(std::shared_ptr<data::Catalog> catalog, Others others) : catalog_(std::move(catalog)), others_(others) {}

  // Those of the keys' sets that are not known to be whole, each read and let go, or until `stopped`. True: there
  // is something new to be said.
  bool Read(const std::vector<std::string>& keys, const std::function<bool()>& stopped);

  // What the next hello is to say.
  std::vector<v1::DatasetOffer> Current() const;
  // One of the keys that were read, offered or not.
  bool Knows(const std::string& key) const;

  // The set of a known key with the content of that hash, as the study maps it. Error: INVALID_ARGUMENT, the
  // study's mapping does not fit the set, which stays offered; else it is not here, or not with that content:
  // where this is not what was offered, the offer is changed, and `changed` is called.
  absl::StatusOr<std::shared_ptr<const data::Dataset>> Take(const model::DatasetSpec& spec,
                                                            const std::string& hash,
                                                            const std::function<void()>& changed);

 private:
  using Loaded = absl::StatusOr<std::shared_ptr<const data::Dataset>>;
  std::optional<v1::DatasetOffer> OfferOf(const std::string& key, const Loaded& loaded) const;
  bool IsWhole(const std::string& key) const;
  // True: it was another.
  bool Set(const std::string& key, const Loaded& loaded);

  const std::shared_ptr<data::Catalog> catalog_;
  const Others others_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::optional<v1::DatasetOffer>> offers_;
};

}  // namespace hpsearch::agent
