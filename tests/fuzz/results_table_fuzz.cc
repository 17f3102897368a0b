// client/simulate/results_table.h: a table for one study; the choices gzip it.
#include <cmath>
#include <memory>
#include <string>

#include "client/simulate/results_table.h"
#include "tests/fuzz/input.h"

namespace {

using hpsearch::fuzz::Require;

std::shared_ptr<const hpsearch::study::StudySpec> Study() {
  const auto spec = hpsearch::study::ReadSpec(
      R"({"study":"s","dataset":"digits","model":[{"dense":{"units":2,"activation":"softmax",)"
      R"("kernel_initializer":"$init"}}],"training":{"epochs":3,"optimizer":{"sgd":{"learning_rate":"$rate"}}},)"
      R"("parameters":{"rate":{"logspace":{"start":-3,"stop":0,"num":4}},)"
      R"("init":{"values":["he_normal","glorot_uniform"]}}})");
  Require(spec.ok(), "the study of this harness is one");
  return *spec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hpsearch::fuzz::Files files({"table.csv"});
  static const auto spec = Study();
  hpsearch::fuzz::Input input(data, size);
  const unsigned choices = hpsearch::fuzz::TakeByte(input);
  files.Write({input}, choices);
  const auto table = hpsearch::simulate::ResultsTable::Read(files / "table.csv", *spec);
  if (!table.ok()) return 0;
  Require(table->points() > 0 && table->epochs() > 0, "what is read has curves");
  for (const char* point : {R"({"rate":0.03,"init":"he_normal"})", R"({"init":"glorot_uniform"})", "{}"}) {
    for (const std::int64_t run : {0, 7}) {
      const hpsearch::simulate::Curve& curve = table->Nearest(point, run);
      Require(!curve.empty() && curve.begin()->first >= 1, "a curve has epochs, from 1");
      const double value = hpsearch::simulate::ValueAt(curve, table->epochs());
      Require(std::isnan(value) || (value >= 0 && value <= 1), "an error is a fraction");
    }
  }
  return 0;
}
