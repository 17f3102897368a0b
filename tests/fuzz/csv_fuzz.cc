// worker/data/csv_set.h: a study's mapping, train.csv and, where there is one, test.csv; the choices gzip each.
#include <string>

#include "tests/fuzz/input.h"
#include "tests/fuzz/set_promises.h"
#include "worker/data/csv_set.h"

namespace {

using hpsearch::fuzz::Input;
using hpsearch::fuzz::TakeByte;

// An index from -8 to 7, or the name whose length the byte tells and which follows.
hpsearch::model::Column TakeColumn(Input& input) {
  const std::uint8_t byte = TakeByte(input);
  if ((byte & 0x80) == 0) return std::int64_t{byte % 16} - 8;
  std::string name;
  for (int left = byte & 0x0F; left > 0 && !input.empty(); --left) name += static_cast<char>(TakeByte(input));
  return name;
}

hpsearch::model::DatasetSpec TakeMapping(Input input) {
  hpsearch::model::DatasetSpec spec{.name = "set"};
  const std::uint8_t given = TakeByte(input);
  if ((given & 1) != 0) spec.header = (given & 2) != 0;
  if ((given & 4) != 0) spec.target = TakeColumn(input);
  for (int left = given >> 3 & 3; left > 0; --left) spec.drop.push_back(TakeColumn(input));
  while (!input.empty()) spec.categorical.push_back(TakeColumn(input));
  return spec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hpsearch::fuzz::Files files({"train.csv", "test.csv"});
  Input input(data, size);
  const unsigned choices = TakeByte(input);
  auto contents = hpsearch::fuzz::Cut(input);
  const hpsearch::model::DatasetSpec spec = TakeMapping(contents.front());
  contents.erase(contents.begin());
  files.Write(contents, choices);
  // Without a test part the path may be the file itself.
  const std::string path = (choices & 4) != 0 ? files / "train.csv" : files.path();
  const std::uint64_t most_bytes = hpsearch::fuzz::MostBytes((choices & 0x80) != 0);
  const auto table = hpsearch::data::ReadCsvTable(path, most_bytes);
  const auto set = hpsearch::data::ReadCsvSet(path, spec, most_bytes);
  if (!set.ok()) return 0;
  hpsearch::fuzz::RequireSet(*set);
  hpsearch::fuzz::Require(table.ok(), "what a mapping makes a set of is a table");
  hpsearch::fuzz::Require(table->hash == set->hash, "the hash is the table's, whatever the mapping");
  hpsearch::fuzz::Require(static_cast<std::int64_t>(set->class_names.size()) == set->shape.classes,
                          "each class has a name");
  return 0;
}
