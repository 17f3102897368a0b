// proto/codec/document_codec.h and server/study/spec.h: any bytes as the StudySpec of a CreateStudy request.
#include <string>

#include "hpsearch/v1/study.pb.h"
#include "proto/codec/document_codec.h"
#include "server/study/spec.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hpsearch::fuzz::Require;
  hpsearch::v1::StudySpec message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto document = hpsearch::codec::ToDocument(message);
  if (!document.ok()) return 0;
  hpsearch::model::Faults faults;
  const auto spec = hpsearch::study::ReadSpec(*document, nullptr, faults);
  Require((spec == nullptr) != faults.empty(), "there is a study, or there are faults");
  if (spec == nullptr) return 0;
  hpsearch::v1::StudySpec back;
  Require(hpsearch::codec::FromDocument(spec->document, &back).ok(), "a study can be said as a message");
  const auto again = hpsearch::codec::ToDocument(back);
  Require(again.ok(), "what was said can be read");
  faults.clear();
  const auto read = hpsearch::study::ReadSpec(*again, nullptr, faults);
  Require(read != nullptr && read->canonical == spec->canonical, "a study survives the way there and back");
  return 0;
}
