// A small data set that a network learns within seconds, as IDX files in a folder of the test's own: 6x6 images of
// four classes, each brighter in a column of its own. Set HPSEARCH_DATA to `data_path` for the binary to find it.
//
// Threads: one. Removes its folder in the destructor.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace hpsearch::testing_support {

class TinyDataset {
 public:
  static constexpr std::uint32_t kSide = 6;
  static constexpr std::uint32_t kClasses = 4;
  static constexpr std::uint32_t kTrainRows = 600;
  static constexpr std::uint32_t kTestRows = 150;

  explicit TinyDataset(const std::string& name = "tiny") {
    std::string pattern = (std::filesystem::temp_directory_path() / "hpsearch-tiny-XXXXXX").string();
    data_path = mkdtemp(pattern.data());
    folder = data_path + "/" + name;
    std::filesystem::create_directory(folder);
    Write("train", kTrainRows);
    Write("t10k", kTestRows);
  }
  ~TinyDataset() { std::filesystem::remove_all(data_path); }
  TinyDataset(const TinyDataset&) = delete;
  TinyDataset& operator=(const TinyDataset&) = delete;

  std::string images(const std::string& part = "train") const {
    return folder + "/" + part + "-images-idx3-ubyte";
  }
  std::string labels(const std::string& part = "train") const {
    return folder + "/" + part + "-labels-idx1-ubyte";
  }

  std::string data_path;  // for HPSEARCH_DATA
  std::string folder;     // the set itself, for a data set given by its path

 private:
  // Big-endian, as IDX wants it.
  static void Put(std::ofstream& out, std::initializer_list<std::uint32_t> numbers) {
    for (const std::uint32_t number : numbers) {
      for (int shift = 24; shift >= 0; shift -= 8) out.put(static_cast<char>(number >> shift & 0xFF));
    }
  }

  void Write(const std::string& part, std::uint32_t rows) {
    std::ofstream image_file(images(part), std::ios::binary), label_file(labels(part), std::ios::binary);
    Put(image_file, {0x803, rows, kSide, kSide});
    Put(label_file, {0x801, rows});
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::uint32_t label = random_() % kClasses;
      label_file.put(static_cast<char>(label));
      for (std::uint32_t pixel = 0; pixel < kSide * kSide; ++pixel) {
        image_file.put(static_cast<char>((pixel % kSide == label ? 110 : 30) + random_() % 130));
      }
    }
  }

  std::mt19937 random_{7};  // the same set every time
};

}  // namespace hpsearch::testing_support
