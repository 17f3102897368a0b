// The keys `input` and `inputs` of a layer: a layer takes the one or the other, by its kind. What the names in
// them stand for is wiring.h's. Pure.
#pragma once

#include <string>

#include "server/model/document.h"
#include "server/model/key_check.h"

namespace hpsearch::model {

// Checks a layer against the rules of its kind (KeyChecker::CheckKind), and how it names its inputs.
void CheckWithInputs(Node& layer, const std::string& path, KeyChecker& checker);

// An input that is the layer before it is left out of the canonical model, whose layers are named.
void LeaveOutDefaultInputs(Node& model);

}  // namespace hpsearch::model
