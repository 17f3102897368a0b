// server/store/study_reader.h and doctor.h: any bytes as a database, with or without a log beside it. By the
// choices the bytes are laid over a sound one, page by page, so that mutations get past its head and its schema,
// and one part of the readers looks at them, which is sooner done, or all.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "server/store/doctor.h"
#include "server/store/finished_study.h"
#include "server/store/study_reader.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/sqlite_heap.h"

namespace {

using hpsearch::data::Bytes;
using hpsearch::fuzz::Input;
using hpsearch::fuzz::Require;

// A study of forty trials: every table's tree has a page, some have several.
const Bytes& Sound(const std::string& path) {
  static const Bytes bytes = [&path] {
    const absl::Status status = hpsearch::store::WriteFinishedStudy(
        path, {.name = "old", .spec = R"({"parameters":{"learning_rate":{"values":[1]}}})"}, 40, 4);
    Require(status.ok(), "a database can be made");
    const auto diagnosis = hpsearch::store::Examine(path);
    Require(diagnosis.ok() && diagnosis->findings.list().empty(), "and is sound");
    return hpsearch::data::ReadBytes(path);
  }();
  return bytes;
}

// Pieces of the input over the whole: a place of three bytes, a length, and so many bytes that are xored.
Bytes Patched(const Bytes& whole, Input input) {
  Bytes bytes = whole;
  while (!input.empty()) {
    std::size_t at = 0;
    for (int i = 0; i < 3; ++i) at = at << 8 | hpsearch::fuzz::TakeByte(input);
    std::size_t size = std::min<std::size_t>(hpsearch::fuzz::TakeByte(input), input.size());
    for (at %= bytes.size(); size > 0; --size, ++at) bytes[at % bytes.size()] ^= hpsearch::fuzz::TakeByte(input);
  }
  return bytes;
}

enum class Part { kAll, kStudies, kTrials, kDoctor };

bool Has(const std::string& path, Input wanted) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  Bytes bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes.size() == wanted.size() &&
         (bytes.empty() || std::memcmp(bytes.data(), wanted.data(), bytes.size()) == 0);
}

void Read(const std::string& path, Part part) {
  const auto reader = hpsearch::store::StudyReader::Open(path);
  if (!reader.ok()) return;
  std::vector<std::string> names = {"old"};
  if (const auto studies = (*reader)->Studies("", 10); studies.ok()) {
    for (const auto& study : *studies) names.push_back(study.study);
  }
  if (part != Part::kTrials) {
    for (const std::string& name : names) {
      (void)(*reader)->Study(name);
      (void)(*reader)->Curve(name, 3, 0, 100);
      (void)(*reader)->Curves(name, 1, 100);
    }
    (void)(*reader)->Workers();
    (void)(*reader)->DataVersion();
  }
  if (part == Part::kStudies) return;
  for (const std::string& name : names) {
    (void)(*reader)->BestTrial(name);
    for (const char* key : {"trial", "objective", "learning_rate", "validation_loss"}) {
      (void)(*reader)->Trials({.study = name, .sort = key});
    }
    (void)(*reader)->Trials({.study = name, .state = "COMPLETED"});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool once = [] {
    hpsearch::fuzz::TakeOverSqliteHeap();
    return true;
  }();
  (void)once;
  static const hpsearch::fuzz::Files files({"studies.db", "studies.db-wal", "studies.db-shm"});
  const std::string path = files / "studies.db";
  const Bytes& sound = Sound(files / "sound.db");
  Input input(data, size);
  const std::uint8_t choices = hpsearch::fuzz::TakeByte(input);
  std::vector<Input> contents = hpsearch::fuzz::Cut(input);
  if ((choices & 2) == 0) contents.resize(1);  // no log
  contents.resize(std::min<std::size_t>(contents.size(), 2));
  const Bytes patched = (choices & 1) != 0 ? Patched(sound, contents[0]) : Bytes();
  if ((choices & 1) != 0) contents[0] = patched;
  files.Write(contents);
  const auto part = static_cast<Part>(choices >> 2 & 3);
  if (part != Part::kDoctor) Read(path, part);
  if (part == Part::kAll || part == Part::kDoctor) {
    const auto diagnosis = hpsearch::store::Examine(path, 10);
    if (std::ranges::equal(contents[0], sound) && contents.size() == 1) {
      Require(diagnosis.ok() && diagnosis->findings.list().empty(), "what is sound is found so");
    }
  }
  Require(Has(path, contents[0]), "a reader changes nothing");
  return 0;
}
