// Files and what may happen to them: whole contents read and written, and damage of every kind, by a seed. For
// tests of what a database does about it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>

namespace hpsearch::testing {

inline std::string ReadFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void WriteFile(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

// The files of a database by what follows its name: "", "-wal", "-shm".
using DatabaseFiles = std::map<std::string, std::string>;

inline DatabaseFiles ReadDatabase(const std::string& file) {
  DatabaseFiles files;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    if (std::filesystem::exists(file + suffix)) files[suffix] = ReadFile(file + suffix);
  }
  return files;
}
inline void WriteDatabase(const std::string& file, const DatabaseFiles& files) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal", ".new", ".lock"})
    std::filesystem::remove(file + suffix);
  for (const auto& [suffix, bytes] : files) WriteFile(file + suffix, bytes);
}

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}

  // What it did, for a failure's message. `bytes` is not empty; it may come out as it was.
  std::string Do(std::string& bytes) {
    switch (Below(10)) {
      case 0:
      case 1:
        return Flip(bytes, 1);
      case 2:
        return Flip(bytes, 2 + Below(200));
      case 3: {
        bytes.resize(Below(bytes.size()));
        return "cut to " + std::to_string(bytes.size());
      }
      case 4:
        return Fill(bytes, Below(2) == 0 ? '\0' : '\xff');
      case 5:
        return SwapPages(bytes);
      case 6:
        return CopyPage(bytes);
      case 7: {
        const std::size_t more = 1 + Below(3 * kPage);
        for (std::size_t i = 0; i < more; ++i) bytes.push_back(static_cast<char>(random_()));
        return "grown by " + std::to_string(more);
      }
      case 8:
        return FlipHeader(bytes);
      default:
        return Fill(bytes, '\0') + ", " + Flip(bytes, 1 + Below(4));
    }
  }
  std::size_t Below(std::size_t bound) {
    return static_cast<std::size_t>(random_() % std::max<std::size_t>(bound, 1));
  }

 private:
  static constexpr std::size_t kPage = 4096;

  std::string FlipAt(std::string& bytes, std::size_t at) {
    if (bytes.empty()) return "nothing to flip";
    const auto pattern = static_cast<char>(1 + Below(255));
    bytes[at] = static_cast<char>(bytes[at] ^ pattern);
    return "flipped " + std::to_string(at) + " ";
  }
  std::string Flip(std::string& bytes, std::size_t times) {
    std::string what;
    for (std::size_t i = 0; i < times; ++i) what += FlipAt(bytes, Below(bytes.size()));
    return what;
  }
  // Where what a whole page means stands: the file's head and those of pages.
  std::string FlipHeader(std::string& bytes) {
    const std::size_t page = Below(bytes.size() / kPage) * kPage;
    const std::size_t at = page + (page == 0 ? Below(112) : Below(16));
    return FlipAt(bytes, std::min(at, bytes.size() - 1));
  }
  std::string Fill(std::string& bytes, char with) {
    const std::size_t size = Below(2) == 0 ? 512 : kPage;
    const std::size_t at = Below(bytes.size() / size) * size;
    for (std::size_t i = at; i < std::min(bytes.size(), at + size); ++i) bytes[i] = with;
    return "filled " + std::to_string(size) + " at " + std::to_string(at);
  }
  std::string SwapPages(std::string& bytes) {
    const std::size_t pages = bytes.size() / kPage;
    if (pages < 2) return "no pages to swap";
    const std::size_t a = Below(pages), b = Below(pages);
    std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(a * kPage),
                     bytes.begin() + static_cast<std::ptrdiff_t>((a + 1) * kPage),
                     bytes.begin() + static_cast<std::ptrdiff_t>(b * kPage));
    return "swapped pages " + std::to_string(a + 1) + " and " + std::to_string(b + 1);
  }
  std::string CopyPage(std::string& bytes) {
    const std::size_t pages = bytes.size() / kPage;
    if (pages < 2) return "no pages to copy";
    const std::size_t from = Below(pages), to = Below(pages);
    bytes.replace(to * kPage, kPage, bytes.substr(from * kPage, kPage));
    return "page " + std::to_string(from + 1) + " copied over " + std::to_string(to + 1);
  }

  std::mt19937_64 random_;
};

}  // namespace hpsearch::testing
