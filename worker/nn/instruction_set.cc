#include "worker/nn/instruction_set.h"

#include <mutex>

#include "absl/strings/str_cat.h"
#include "dnnl.hpp"
#include "server/model/canonical_value.h"
#include "server/model/training_rules.h"

namespace hpsearch::nn {
namespace {

using model::InstructionSet;

struct Pinned {
  std::mutex mutex;
  InstructionSet set = InstructionSet::kNative;  // guarded by mutex
};

Pinned& ProcessPinned() {
  static auto* const kPinned = new Pinned;  // outlives every thread
  return *kPinned;
}

// Asked of the processor: oneDNN, once asked, can be held to nothing any more.
bool ProcessorHas(InstructionSet set) {
#if defined(__x86_64__)
  if (set == InstructionSet::kAvx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#else
  (void)set;
  return false;
#endif
}

}  // namespace

absl::Status PinInstructionSet(InstructionSet set) {
  Pinned& pinned = ProcessPinned();
  const std::lock_guard lock(pinned.mutex);
  if (set == pinned.set) return absl::OkStatus();
  if (pinned.set != InstructionSet::kNative) {
    return absl::FailedPreconditionError(absl::StrCat("this process is pinned to instruction set ",
                                                      NameOf(pinned.set), " already, not to ", NameOf(set)));
  }
  if (!ProcessorHas(set)) {
    return absl::FailedPreconditionError(
        absl::StrCat("this processor lacks instruction set ", NameOf(set), "; what it has, native names"));
  }
  const dnnl::cpu_isa isa = set == InstructionSet::kAvx2 ? dnnl::cpu_isa::avx2 : dnnl::cpu_isa::avx512_core;
  if (dnnl::set_max_cpu_isa(isa) != dnnl::status::success || dnnl::get_effective_cpu_isa() != isa) {
    return absl::FailedPreconditionError(
        absl::StrCat("oneDNN cannot be held to instruction set ", NameOf(set),
                     " any more: kernels were chosen in this process already, or it was built without that set"));
  }
  pinned.set = set;
  return absl::OkStatus();
}

InstructionSet PinnedInstructionSet() {
  Pinned& pinned = ProcessPinned();
  const std::lock_guard lock(pinned.mutex);
  return pinned.set;
}

absl::Status CheckPinned(InstructionSet set) {
  const InstructionSet pinned = PinnedInstructionSet();
  if (set == pinned) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the training is to be on instruction set ", NameOf(set),
                                                    ", and this process is pinned to ",
                                                    pinned == InstructionSet::kNative ? "none" : NameOf(pinned)));
}

const std::string& NameOf(InstructionSet set) {
  return model::InstructionSetNames()[static_cast<std::size_t>(set)];
}

InstructionSet InstructionSetNamed(const std::string& name) {
  return *model::EnumNamed<InstructionSet>(name, model::InstructionSetNames());
}

}  // namespace hpsearch::nn
