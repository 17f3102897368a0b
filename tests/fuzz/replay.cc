// Feeds the files of a folder to a fuzzer's harness, in the order of their names: what deploy/test does with the
// committed corpora, without clang and libFuzzer. A report of any kind ends the process.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "tests/fuzz/input.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "wanted: the folder of a corpus\n");
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    const hpsearch::data::Bytes bytes = hpsearch::data::ReadBytes(file.string());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu files replayed\n", files.size());
  return files.empty() ? 1 : 0;
}
