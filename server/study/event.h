// What watchers are told of a study, on the coordinator's strand, after the commit of what it tells of. An event
// says only what changed; who wants to know how reads the row. A value, good for the call. A listener returns at
// once, calls nothing of the coordinator's, and lives as long as that; no errors.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace hpsearch::study {

struct Event {
  enum class Kind { kStudy, kTrial, kEpochs };
  Kind kind = Kind::kStudy;
  std::string study;
  std::int64_t trial = 0;  // of kTrial and kEpochs
  bool ended = false;      // of kStudy: it has come to its end, and whatever changed with that was told before
};
using Listener = std::function<void(const Event&)>;

}  // namespace hpsearch::study
