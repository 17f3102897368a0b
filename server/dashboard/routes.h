// What the dashboard answers: from a request's path and query to a body, through a StudyReader. No sockets here.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/store/study_reader.h"

namespace hpsearch::dashboard {

struct Target {
  std::string path;
  std::map<std::string, std::string> query;
};

// "/api/studies/s/trials?sort=objective" taken apart, escapes decoded. INVALID_ARGUMENT: a bad escape.
absl::StatusOr<Target> ParseTarget(std::string_view target);

// The study whose events are asked for: "/api/studies/{study}/events" -> study; empty else.
std::string EventsOf(const Target& target);

// The JSON that answers an API path:
//   /api/studies                            all studies, the newest first
//   /api/studies/{study}                    one study, with its specification
//   /api/studies/{study}/trials             ?sort= &descending=1 &state= &limit= &offset=
//   /api/studies/{study}/trials/{trial}     one of them
//   /api/studies/{study}/rounds             what coarse-to-fine did, round by round
//   /api/studies/{study}/curves             ?first= &count=: {"next": trial or null,
//                                           "curves": [[trial, [[train_error, validation_error], ...]], ...]}
// At most 1,000 trials or rounds an answer, and of curves 100,000 epochs or one trial; `next` is the trial to go
// on from where that is less than was asked for. NOT_FOUND: no such path, study or trial. INVALID_ARGUMENT: a
// parameter that is no number, an unknown sort key.
absl::StatusOr<std::string> Answer(const Target& target, store::StudyReader& reader);

// One study as Answer has it, for events.
std::string StudyJson(const store::StudyRow& row, bool with_spec);

}  // namespace hpsearch::dashboard
