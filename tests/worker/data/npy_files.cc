#include "tests/worker/data/npy_files.h"

namespace hpsearch::data {

Bytes NpyBytes(const std::string& descr, const std::string& shape, const Bytes& contents,
               const std::string& fortran_order) {
  std::string header =
      "{'descr': " + descr + ", 'fortran_order': " + fortran_order + ", 'shape': " + shape + ", }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string text = "\x93NUMPY";
  text += '\x01';
  text += '\0';
  text += static_cast<char>(header.size() & 0xFF);
  text += static_cast<char>(header.size() >> 8);
  text += header;
  Bytes bytes(text.begin(), text.end());
  bytes.insert(bytes.end(), contents.begin(), contents.end());
  return bytes;
}

}  // namespace hpsearch::data
