// What a worker tells of itself: its name, its data sets with their hashes, how its arithmetic comes out.
//
// Pure but for the files. No errors: a set that cannot be read is offered with its fault, so that a study which
// wants it can say what is wrong.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hpsearch/v1/worker_service.pb.h"
#include "worker/data/catalog.h"

namespace hpsearch::agent {

// The keys' sets, each read once and let go, or until `stopped`.
std::vector<v1::DatasetOffer> OfferDatasets(data::Catalog& catalog, const std::vector<std::string>& keys,
                                            const std::function<bool()>& stopped);

// The names of all that the catalog has.
std::vector<std::string> AllKeys(const data::Catalog& catalog);

// Random, of this process's worker: 32 hexadecimal digits.
std::string NewInstance();

}  // namespace hpsearch::agent
