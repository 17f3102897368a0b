#include "worker/nn/instruction_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "worker/nn/bf16.h"
#include "worker/nn/layout.h"

namespace hpsearch::nn {
namespace {

using model::InstructionSet;
using testing::ExitedWithCode;
using testing::HasSubstr;

// A pin is for a process's life: each test has one of its own.
class InstructionSetTest : public testing::Test {
 protected:
  void SetUp() override {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    ASSERT_TRUE(__builtin_cpu_supports("avx2")) << "these tests want a processor with AVX2";
  }
};

[[noreturn]] void Tell(const std::string& what) {
  std::fputs(what.c_str(), stderr);
  std::exit(0);
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST_F(InstructionSetTest, NativeIsWhereEveryProcessIs) {
  EXPECT_TRUE(PinInstructionSet(InstructionSet::kNative).ok());
  EXPECT_EQ(PinnedInstructionSet(), InstructionSet::kNative);
  EXPECT_TRUE(CheckPinned(InstructionSet::kNative).ok());
  const absl::Status status = CheckPinned(InstructionSet::kAvx2);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(status), HasSubstr("on instruction set avx2, and this process is pinned to none"));
}

TEST_F(InstructionSetTest, APinHoldsOneDnnToTheSet) {
  EXPECT_EXIT(
      {
        const absl::Status pinned = PinInstructionSet(InstructionSet::kAvx2);
        Tell(MessageOf(pinned) + NameOf(PinnedInstructionSet()) + (ChannelBlock() == 0 ? " holds" : ""));
      },
      ExitedWithCode(0), "^avx2 holds$");
}

TEST_F(InstructionSetTest, ASecondPinIsTheSameOrAnError) {
  EXPECT_EXIT(
      {
        absl::Status status = PinInstructionSet(InstructionSet::kAvx2);
        status.Update(PinInstructionSet(InstructionSet::kAvx2));
        Tell(MessageOf(status) + MessageOf(PinInstructionSet(InstructionSet::kAvx512)));
      },
      ExitedWithCode(0), "^this process is pinned to instruction set avx2 already, not to avx512$");
}

TEST_F(InstructionSetTest, BehindTheFirstKernelItIsTooLate) {
  EXPECT_EXIT(
      {
        ChannelBlock();
        Tell(MessageOf(PinInstructionSet(InstructionSet::kAvx2)) + NameOf(PinnedInstructionSet()));
      },
      ExitedWithCode(0), "kernels were chosen in this process already.*native$");
}

TEST_F(InstructionSetTest, Avx512IsPinnedWhereTheProcessorHasItAndElseRefused) {
  const char* const expected =
      __builtin_cpu_supports("avx512bw") ? "^avx512$" : "^this processor lacks instruction set avx512.*native$";
  EXPECT_EXIT(
      {
        const absl::Status pinned = PinInstructionSet(InstructionSet::kAvx512);
        Tell(MessageOf(pinned) + NameOf(PinnedInstructionSet()));
      },
      ExitedWithCode(0), expected);
}

// Of AVX-512 the pin leaves out what came later, bf16 among it.
TEST_F(InstructionSetTest, APinnedProcessMultipliesNoBf16) {
  for (const char* name : {"avx2", "avx512"}) {
    EXPECT_EXIT(
        {
          PinInstructionSet(InstructionSetNamed(name)).IgnoreError();
          Tell(PinnedInstructionSet() != InstructionSet::kNative && HasBf16() ? "multiplies" : "does not");
        },
        ExitedWithCode(0), "^does not$")
        << name;
    if (!__builtin_cpu_supports("avx512bw")) break;
  }
}

TEST_F(InstructionSetTest, NamesAreTheStudyFiles) {
  for (const char* name : {"native", "avx2", "avx512"}) EXPECT_EQ(NameOf(InstructionSetNamed(name)), name);
}

}  // namespace
}  // namespace hpsearch::nn
