#include "worker/data/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

#include "worker/data/dataset.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1; the C library's headers may be older
#endif

namespace hpsearch::data {

void PreferHugePages(const void* block, std::size_t bytes) {
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20;
  const auto begin = (reinterpret_cast<std::uintptr_t>(block) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<std::uintptr_t>(block) + bytes) / kPage * kPage;
  if (begin >= end) return;
  auto* const pages = reinterpret_cast<void*>(begin);
  // Now where the kernel can, else in the background. Neither has to: the answers do not matter.
  if (madvise(pages, end - begin, MADV_HUGEPAGE) != 0) return;
  madvise(pages, end - begin, MADV_COLLAPSE);
}

void PreferHugePages(const Dataset& dataset) {
  for (const Part* part : {&dataset.train, &dataset.test}) {
    PreferHugePages(part->features.data(), part->features.size());
    PreferHugePages(part->values.data(), part->values.size() * sizeof(float));
  }
}

}  // namespace hpsearch::data
