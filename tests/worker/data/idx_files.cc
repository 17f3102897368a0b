#include "tests/worker/data/idx_files.h"

#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace hpsearch::data {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "hpsearch-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

Bytes IdxBytes(const std::vector<std::uint32_t>& sizes, const Bytes& contents, std::uint8_t type) {
  Bytes bytes = {0, 0, type, static_cast<std::uint8_t>(sizes.size())};
  for (const std::uint32_t size : sizes) {
    for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(size >> shift));
  }
  bytes.insert(bytes.end(), contents.begin(), contents.end());
  return bytes;
}

Bytes Gzip(const Bytes& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

void WriteBytes(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

Bytes ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

IdxSet IdxSet::Counting(std::uint32_t train_rows, std::uint32_t test_rows, int classes) {
  const auto counting = [](std::size_t n, int modulus) {
    Bytes bytes(n);
    for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::uint8_t>(i % modulus);
    return bytes;
  };
  return {IdxBytes({train_rows, 2, 3}, counting(6 * std::size_t{train_rows}, 251)),
          IdxBytes({train_rows}, counting(train_rows, classes)),
          IdxBytes({test_rows, 2, 3}, counting(6 * std::size_t{test_rows}, 239)),
          IdxBytes({test_rows}, counting(test_rows, classes))};
}

void IdxSet::Write(const std::string& folder, bool gzipped) const {
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* stem, const Bytes& bytes) {
    WriteBytes(folder + "/" + stem + (gzipped ? ".gz" : ""), gzipped ? Gzip(bytes) : bytes);
  };
  write("train-images-idx3-ubyte", train_images);
  write("train-labels-idx1-ubyte", train_labels);
  write("t10k-images-idx3-ubyte", test_images);
  write("t10k-labels-idx1-ubyte", test_labels);
}

}  // namespace hpsearch::data
