// Our own loops give the same bits whichever instruction set they were compiled for, so that no study needs to say
// which: those that this processor picks, beside those of a program that has plain ones alone.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/worker/train/every_loop.h"

namespace hpsearch::train {
namespace {

TEST(VectorizedTest, PlainLoopsGiveTheSameBits) {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string plain = self.parent_path() / "worker_train_plain_loops";
  const auto close = [](FILE* pipe) { pclose(pipe); };
  const std::unique_ptr<FILE, decltype(close)> pipe(popen(("'" + plain + "'").c_str(), "r"), close);
  std::string bits;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) bits += buffer.data();
  EXPECT_EQ(bits, BitsOfEveryLoop());
}

}  // namespace
}  // namespace hpsearch::train
