// Which lease a message speaks of: the trial and the attempt that the coordinator gave with it. A plain value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace hpsearch::agent {

struct LeaseId {
  std::string study;
  std::int64_t trial = 0;
  std::int64_t attempt = 0;
  auto operator<=>(const LeaseId&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm on <=>
};

// Of any message with the fields study, trial and attempt.
template <typename Message>
LeaseId IdOf(const Message& message) {
  return {message.study(), message.trial(), message.attempt()};
}

template <typename Message>
void SetId(const LeaseId& id, Message* message) {
  message->set_study(id.study);
  message->set_trial(id.trial);
  message->set_attempt(id.attempt);
}

}  // namespace hpsearch::agent
