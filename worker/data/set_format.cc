#include "worker/data/set_format.h"

#include <array>

#include "absl/strings/str_join.h"
#include "worker/data/cifar_set.h"
#include "worker/data/csv_set.h"
#include "worker/data/idx_set.h"
#include "worker/data/npy_set.h"

namespace hpsearch::data {
namespace {

const auto& Formats() {
  static const std::array formats = {
      SetFormat{"idx",
                "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and "
                "t10k-labels-idx1-ubyte (MNIST's)",
                LooksLikeIdxSet, [](const std::string& path) { return ReadIdxSet(path); }, nullptr},
      SetFormat{"cifar",
                "data_batch_1.bin, .. and test_batch.bin (CIFAR-10's), or train.bin and test.bin (CIFAR-100's)",
                LooksLikeCifarSet, [](const std::string& path) { return ReadCifarSet(path); }, nullptr},
      SetFormat{"npy", "x_train.npy, y_train.npy, x_test.npy and y_test.npy (numpy's)", LooksLikeNpySet,
                [](const std::string& path) { return ReadNpySet(path); }, nullptr},
      SetFormat{"csv", "train.csv and test.csv", LooksLikeCsvSet,
                [](const std::string& path) { return ReadCsvTable(path); },
                [](const std::string& path, const model::DatasetSpec& spec) { return ReadCsvSet(path, spec); }},
  };
  return formats;
}

}  // namespace

const SetFormat* FormatAt(const std::string& path) {
  for (const SetFormat& format : Formats()) {
    if (format.looks_like(path)) return &format;
  }
  return nullptr;
}

std::string WantedFiles() {
  return absl::StrJoin(Formats(), "; or ",
                       [](std::string* out, const SetFormat& format) { out->append(format.wanted); });
}

}  // namespace hpsearch::data
