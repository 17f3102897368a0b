#include "server/strategy/trials_key.h"

namespace hpsearch::strategy {

using model::KeyRule;
using model::KeyType;

KeyRule TrialsKey() {
  return {.key = "trials", .type = KeyType::kInteger, .required = true, .domain = {.low = 1, .high = 0x1p53}};
}

KeyRule BatchKey() { return {.key = "batch", .type = KeyType::kInteger, .domain = {.low = 1, .high = 10'000}}; }

}  // namespace hpsearch::strategy
