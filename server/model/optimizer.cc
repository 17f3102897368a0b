#include "server/model/optimizer.h"

#include <string>

#include "server/model/canonical_value.h"

namespace hpsearch::model {
namespace {

std::optional<double> Set(const Node& body, const char* key) {
  if (body.Find(key) == nullptr) return std::nullopt;
  return Value<double>(body, key);
}

Adam ReadAdam(const Node& body) {
  return {.beta_1 = Value<double>(body, "beta_1"),
          .beta_2 = Value<double>(body, "beta_2"),
          .epsilon = Value<double>(body, "epsilon")};
}

}  // namespace

Optimizer ReadOptimizer(const Node& optimizer) {
  const auto& [kind, body] = optimizer.mapping().front();
  Optimizer read = {.learning_rate = Value<double>(body, "learning_rate"),
                    .clipping = {.clipnorm = Set(body, "clipnorm"),
                                 .clipvalue = Set(body, "clipvalue"),
                                 .global_clipnorm = Set(body, "global_clipnorm")}};
  if (kind == "adam") {
    read.rule = ReadAdam(body);
  } else if (kind == "adamw") {
    read.rule = AdamW{.adam = ReadAdam(body), .weight_decay = Value<double>(body, "weight_decay")};
  } else if (kind == "adadelta") {
    read.rule = Adadelta{.rho = Value<double>(body, "rho"), .epsilon = Value<double>(body, "epsilon")};
  } else if (kind == "rmsprop") {
    read.rule = RmsProp{.rho = Value<double>(body, "rho"),
                        .momentum = Value<double>(body, "momentum"),
                        .epsilon = Value<double>(body, "epsilon"),
                        .centered = Value<bool>(body, "centered")};
  } else {
    read.rule = Sgd{.momentum = Value<double>(body, "momentum"), .nesterov = Value<bool>(body, "nesterov")};
  }
  return read;
}

}  // namespace hpsearch::model
