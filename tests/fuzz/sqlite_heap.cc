#include "tests/fuzz/sqlite_heap.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "tests/fuzz/input.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace hpsearch::fuzz {
namespace {

constexpr std::size_t kStep = 16;             // small blocks are multiples of it
constexpr std::size_t kMostSmall = 1024;      // further ones are powers of two
constexpr std::size_t kMostListed = 1 << 17;  // larger ones are malloc's, whose bounds the fuzzer holds
constexpr std::size_t kSlab = 1 << 20;

// In front of each block: its size, or while it is free the next free one.
union Head {
  std::size_t size;
  Head* next;
};

class Heap {
 public:
  void* Take(std::size_t size) {
    const std::size_t rounded = Rounded(size);
    if (rounded > kMostListed) return FromMalloc(rounded);
    Head*& list = lists_[ListOf(rounded)];
    if (list == nullptr && !Refill(list, rounded)) return nullptr;
    Head* head = list;
    list = head->next;
    head->size = rounded;
    ASAN_UNPOISON_MEMORY_REGION(head + 1, rounded);
    return head + 1;
  }

  void Give(void* block) {
    Head* head = static_cast<Head*>(block) - 1;
    const std::size_t size = head->size;
    if (size > kMostListed) return std::free(head);
    ASAN_POISON_MEMORY_REGION(block, size);
    Head*& list = lists_[ListOf(size)];
    head->next = list;
    list = head;
  }

  static std::size_t SizeOf(void* block) { return (static_cast<Head*>(block) - 1)->size; }

  static std::size_t Rounded(std::size_t size) {
    if (size <= kMostSmall) return std::max(kStep, (size + kStep - 1) / kStep * kStep);
    return size <= kMostListed ? std::bit_ceil(size) : size;
  }

 private:
  static std::size_t ListOf(std::size_t rounded) {
    constexpr std::size_t kSmall = kMostSmall / kStep;
    return rounded <= kMostSmall ? rounded / kStep : kSmall + std::bit_width(rounded / kMostSmall);
  }

  static void* FromMalloc(std::size_t size) {
    auto* head = static_cast<Head*>(std::malloc(sizeof(Head) + size));
    if (head == nullptr) return nullptr;
    head->size = size;
    return head + 1;
  }

  // One block more, off the slab.
  bool Refill(Head*& list, std::size_t rounded) {
    const std::size_t wanted = sizeof(Head) + rounded;
    if (left_ < wanted) {
      slab_ = static_cast<std::byte*>(std::malloc(kSlab));
      if (slab_ == nullptr) return false;
      left_ = kSlab;
    }
    list = reinterpret_cast<Head*>(slab_);
    list->next = nullptr;
    ASAN_POISON_MEMORY_REGION(list + 1, rounded);
    slab_ += wanted;
    left_ -= wanted;
    return true;
  }

  std::array<Head*, 128> lists_{};
  std::byte* slab_ = nullptr;
  std::size_t left_ = 0;
};

Heap& TheHeap() {
  static auto* heap = new Heap;  // SQLite may outlive what is static
  return *heap;
}

void* Malloc(int size) { return TheHeap().Take(static_cast<std::size_t>(size)); }
void Free(void* block) { TheHeap().Give(block); }
int Size(void* block) { return block == nullptr ? 0 : static_cast<int>(Heap::SizeOf(block)); }
int Roundup(int size) { return static_cast<int>(Heap::Rounded(static_cast<std::size_t>(size))); }
int Begin(void* /*unused*/) { return SQLITE_OK; }
void End(void* /*unused*/) {}

void* Realloc(void* block, int size) {
  const std::size_t had = Heap::SizeOf(block);
  if (Heap::Rounded(static_cast<std::size_t>(size)) == had) return block;
  void* fresh = Malloc(size);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, block, std::min(had, static_cast<std::size_t>(size)));
  Free(block);
  return fresh;
}

}  // namespace

void TakeOverSqliteHeap() {
  static sqlite3_mem_methods methods = {Malloc, Free, Realloc, Size, Roundup, Begin, End, nullptr};
  Require(sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK &&
              sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK &&
              sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK,
          "SQLite is configured before it is used");
}

}  // namespace hpsearch::fuzz
