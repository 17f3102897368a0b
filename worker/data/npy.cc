#include "worker/data/npy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "fmt/format.h"
#include "server/model/network.h"
#include "worker/data/byte_source.h"
#include "worker/data/claimed_bytes.h"
#include "worker/data/npy_header.h"
#include "worker/data/set_files.h"

namespace hpsearch::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostHeaderBytes = 1 << 16;

absl::Status Fault(const ByteSource& source, const std::string& what) {
  return absl::DataLossError(absl::StrCat(source.path(), ": ", what));
}

// What stands at the beginning of the file, or as much of it as there is.
absl::StatusOr<std::string> ReadText(ByteSource& source, std::size_t size) {
  std::string text(size, '\0');
  absl::StatusOr<std::size_t> got = source.Read({reinterpret_cast<std::uint8_t*>(text.data()), size});
  if (!got.ok()) return got.status();
  text.resize(*got);
  return text;
}

absl::StatusOr<std::string> ReadHeaderText(ByteSource& source) {
  absl::StatusOr<std::string> begin = ReadText(source, 8);
  if (!begin.ok()) return begin.status();
  if (!begin->starts_with(kMagic))
    return Fault(source, "does not begin as a .npy file does; numpy.save makes one");
  if (begin->size() < 8) return Fault(source, "is cut short within its header");
  const int version = static_cast<unsigned char>((*begin)[6]);
  if (version < 1 || version > 3) return Fault(source, fmt::format("is of version {}; wanted is 1 to 3", version));
  const std::size_t size_bytes = version == 1 ? 2 : 4;
  absl::StatusOr<std::string> size_text = ReadText(source, size_bytes);
  if (!size_text.ok()) return size_text.status();
  std::uint32_t size = 0;
  for (std::size_t i = size_text->size(); i-- > 0;) size = size << 8 | static_cast<std::uint8_t>((*size_text)[i]);
  if (size_text->size() < size_bytes) return Fault(source, "is cut short within its header");
  if (size > kMostHeaderBytes) {
    return Fault(source, fmt::format("claims a header of {} bytes; at most {} are taken", size, kMostHeaderBytes));
  }
  absl::StatusOr<std::string> text = ReadText(source, size);
  if (text.ok() && text->size() < size) return Fault(source, "is cut short within its header");
  return text;
}

// The header, of an array in the order and of the kind that is taken. `wanted`: its types.
absl::StatusOr<NpyHeader> ReadHeader(ByteSource& source, const std::vector<std::string_view>& types,
                                     std::string_view wanted) {
  absl::StatusOr<std::string> text = ReadHeaderText(source);
  if (!text.ok()) return text.status();
  absl::StatusOr<NpyHeader> header = ParseNpyHeader(*text);
  if (!header.ok()) return Fault(source, std::string(header.status().message()));
  const std::string& type = header->descr;
  if (type.starts_with('>') && type.size() > 2) {
    return Fault(source, fmt::format("holds big-endian elements ('{}'); little-endian ones are wanted: "
                                     "numpy.save(.., x.astype('<{}'))",
                                     type, type.substr(1)));
  }
  if (std::ranges::find(types, type) == types.end()) {
    return Fault(source, fmt::format("holds elements of type '{}'; wanted are {}", type, wanted));
  }
  if (header->fortran_order) {
    return Fault(source, "is in Fortran order; C order is wanted: numpy.save(.., numpy.ascontiguousarray(x))");
  }
  for (std::size_t axis = 0; axis < header->shape.size(); ++axis) {
    if (header->shape[axis] == 0) {
      return Fault(source, fmt::format("its header says 0 for axis {}; it would hold nothing", axis));
    }
  }
  return header;
}

std::string Claim(const NpyHeader& header) {
  return fmt::format("its header says {} of '{}'", model::ToString(header.shape), header.descr);
}

template <typename T>
absl::StatusOr<std::vector<T>> ReadElements(ByteSource& source, const NpyHeader& header,
                                            std::uint64_t most_bytes) {
  return ReadClaimed<T>(source, BoundedProduct(header.shape, source.MostBytes()), most_bytes, Claim(header));
}

// As floats, or the fault of the first that is none; `what`: "feature" or "target".
template <typename T>
absl::StatusOr<std::vector<float>> FiniteFloats(const ByteSource& source, std::vector<T> elements,
                                                std::int64_t rows, std::string_view what) {
  const auto width = static_cast<std::int64_t>(elements.size()) / rows;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (std::isfinite(static_cast<float>(elements[i]))) continue;
    const auto at = static_cast<std::int64_t>(i);
    return Fault(source, fmt::format("row {}: {} {} is {}; finite numbers that fit a float are wanted",
                                     Grouped(at / width), what, Grouped(at % width), elements[i]));
  }
  if constexpr (std::is_same_v<T, float>) {
    return elements;
  } else {
    return std::vector<float>(elements.begin(), elements.end());
  }
}

// The elements of an array of '<f4' or '<f8'.
absl::StatusOr<std::vector<float>> ReadFloats(ByteSource& source, const NpyHeader& header,
                                              std::uint64_t most_bytes, std::string_view what) {
  if (header.descr == "<f4") {
    absl::StatusOr<std::vector<float>> floats = ReadElements<float>(source, header, most_bytes);
    if (!floats.ok()) return floats.status();
    return FiniteFloats(source, *std::move(floats), header.shape[0], what);
  }
  absl::StatusOr<std::vector<double>> doubles = ReadElements<double>(source, header, most_bytes);
  if (!doubles.ok()) return doubles.status();
  return FiniteFloats(source, *std::move(doubles), header.shape[0], what);
}

template <typename T>
absl::StatusOr<std::vector<std::uint8_t>> Labels(const ByteSource& source, absl::StatusOr<std::vector<T>> read) {
  if (!read.ok()) return read.status();
  std::vector<std::uint8_t> labels(read->size());
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::int64_t label = (*read)[row];
    if (label < 0 || label > 255) {
      return Fault(source, fmt::format("row {} has label {}; labels are 0 to 255",
                                       Grouped(static_cast<std::int64_t>(row)), label));
    }
    labels[row] = static_cast<std::uint8_t>(label);
  }
  return labels;
}

}  // namespace

absl::StatusOr<NpyFeatures> ReadNpyFeatures(const std::string& path, std::uint64_t most_bytes) {
  absl::StatusOr<ByteSource> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  absl::StatusOr<NpyHeader> header =
      ReadHeader(*source, {"|u1", "<f4", "<f8"}, "features of '|u1' (bytes), '<f4' or '<f8': x.astype('<f4')");
  if (!header.ok()) return header.status();
  if (header->shape.size() < 2 || header->shape.size() > 4) {
    return Fault(*source, fmt::format("holds {} axes; 2 to 4 are wanted, rows first{}", header->shape.size(),
                                      header->shape.size() == 1 ? ": x.reshape(-1, 1)" : ""));
  }
  NpyFeatures features{.sizes = header->shape};
  if (header->descr == "|u1") {
    absl::StatusOr<std::vector<std::uint8_t>> bytes = ReadElements<std::uint8_t>(*source, *header, most_bytes);
    if (!bytes.ok()) return bytes.status();
    features.bytes = *std::move(bytes);
    return features;
  }
  absl::StatusOr<std::vector<float>> values = ReadFloats(*source, *header, most_bytes, "feature");
  if (!values.ok()) return values.status();
  features.values = *std::move(values);
  return features;
}

absl::StatusOr<NpyTargets> ReadNpyTargets(const std::string& path, std::uint64_t most_bytes) {
  absl::StatusOr<ByteSource> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  absl::StatusOr<NpyHeader> header =
      ReadHeader(*source, {"|u1", "<i4", "<i8", "<f4", "<f8"},
                 "labels of '|u1', '<i4' or '<i8', the classes' numbers: y.astype('<i8'); or numbers of '<f4' or "
                 "'<f8', for a regression");
  if (!header.ok()) return header.status();
  const std::vector<std::int64_t>& shape = header->shape;
  if (shape.size() != 1 && !(shape.size() == 2 && shape[1] == 1)) {
    return Fault(*source, fmt::format("holds labels of shape {}; one a row is wanted (of one-hot rows: "
                                      "y.argmax(axis=1))",
                                      model::ToString(shape)));
  }
  NpyTargets targets;
  if (header->descr == "<f4" || header->descr == "<f8") {
    absl::StatusOr<std::vector<float>> values = ReadFloats(*source, *header, most_bytes, "target");
    if (!values.ok()) return values.status();
    targets.values = *std::move(values);
    return targets;
  }
  absl::StatusOr<std::vector<std::uint8_t>> labels =
      header->descr == "|u1"   ? Labels(*source, ReadElements<std::uint8_t>(*source, *header, most_bytes))
      : header->descr == "<i4" ? Labels(*source, ReadElements<std::int32_t>(*source, *header, most_bytes))
                               : Labels(*source, ReadElements<std::int64_t>(*source, *header, most_bytes));
  if (!labels.ok()) return labels.status();
  targets.labels = *std::move(labels);
  return targets;
}

}  // namespace hpsearch::data
