// The content that a study began with, as its record has it (StudyRecord::data_hash): the hash of its data set; of
// several a JSON object of their hashes by name, ascending. Empty before it has begun. Pure but for DataHashes;
// from any thread; no errors.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/study/worker_link.h"

namespace hpsearch::study {

// The worker's offer of the data set, whole or damaged; nullptr: it has none.
const DatasetOffer* OfferOf(const WorkerHello& worker, const std::string& dataset);

// Of the sets as the worker offers them. Requires: it offers them all.
std::string DataHashOf(const std::vector<std::string>& datasets, const WorkerHello& worker);

// That of one of them.
std::string HashIn(const std::string& data_hash, const std::string& dataset);

// The same for who asks again and again: it is read once, and anew where it is another one. A value; one thread at
// a time.
class DataHashes {
 public:
  // Valid until the next call, or a change of `data_hash`. Empty: there is none of that set.
  const std::string& In(const std::string& data_hash, const std::string& dataset);

 private:
  std::string read_;                           // which it was; of several sets
  std::map<std::string, std::string> hashes_;  // in it, by name
};

// Whether both have a content in common, under whatever name.
bool ShareData(const std::string& data_hash, const std::string& other);

// Whether it is of several sets.
bool IsOfSeveral(const std::string& data_hash);

}  // namespace hpsearch::study
