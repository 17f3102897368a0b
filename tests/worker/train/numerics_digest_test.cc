#include "worker/train/numerics_digest.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "worker/nn/instruction_set.h"

namespace hpsearch::train {
namespace {

constexpr const char* kMark = "numerics digest: ";

TEST(NumericsDigestTest, IsKeptAndLeavesTheCallersThreadsAlone) {
  std::thread([] {
    omp_set_num_threads(2);
    const absl::StatusOr<std::string> digest = NumericsDigest();
    ASSERT_TRUE(digest.ok()) << digest.status();
    EXPECT_EQ(digest->size(), 32u);
    EXPECT_EQ(*NumericsDigest(), *digest);
    EXPECT_EQ(omp_get_max_threads(), 2);
    std::cout << kMark << *digest << std::endl;  // for the test below, which runs this one in a child
  }).join();
}

// What a child of this program finds, with this before its command.
std::string DigestOfChild(const std::string& environment) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = environment + " '" + self + "' --gtest_filter=NumericsDigestTest.IsKept*";
  std::string output;
  const auto close = [](FILE* pipe) { pclose(pipe); };
  const std::unique_ptr<FILE, decltype(close)> pipe(popen(command.c_str(), "r"), close);
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) output += buffer.data();
  const std::size_t at = output.find(kMark);
  return at == std::string::npos ? "none in: " + output : output.substr(at + std::string(kMark).size(), 32);
}

TEST(NumericsDigestTest, IsAnotherWithOtherKernels) {
  EXPECT_EQ(DigestOfChild(""), *NumericsDigest());
  // Where a processor has nothing beyond AVX2, these are the same kernels.
  const bool same = DigestOfChild("DNNL_MAX_CPU_ISA=AVX2") == *NumericsDigest();
  EXPECT_EQ(same, !__builtin_cpu_supports("avx512bw"));
}

// oneDNN's own way to hold it back is the oracle.
TEST(NumericsDigestTest, IsThatOfThePinnedSet) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  for (const auto& [name, isa] : {std::pair("avx2", "AVX2"), {"avx512", "AVX512_CORE"}}) {
    ASSERT_TRUE(__builtin_cpu_supports("avx2")) << "this test wants a processor with AVX2";
    if (name == std::string("avx512") && !__builtin_cpu_supports("avx512bw")) continue;
    EXPECT_EXIT(
        {
          std::cerr << nn::PinInstructionSet(nn::InstructionSetNamed(name)).message() << *NumericsDigest();
          std::exit(0);
        },
        testing::ExitedWithCode(0), "^" + DigestOfChild(std::string("DNNL_MAX_CPU_ISA=") + isa) + "$")
        << name;
  }
}

}  // namespace
}  // namespace hpsearch::train
