// `refine.epochs` beside what else a study says of epochs. Pure; from any thread; no errors but faults.
#pragma once

#include "server/model/fault.h"
#include "server/study/spec.h"

namespace hpsearch::study {

// `checked` is the document with its defaults; of the specification, search and stopping are read. Faults have
// paths below "search.refine.epochs".
void CheckRoundEpochs(const model::Node& checked, const StudySpec& spec, model::Faults& faults);

}  // namespace hpsearch::study
