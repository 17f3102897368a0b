// worker/data/cifar_set.h: the files of CIFAR-10 or, by the choices, of CIFAR-100; the choices gzip each.
#include "tests/fuzz/input.h"
#include "tests/fuzz/set_promises.h"
#include "worker/data/cifar_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hpsearch::fuzz::Files ten({"data_batch_1.bin", "test_batch.bin", "data_batch_2.bin"});
  static const hpsearch::fuzz::Files hundred({"train.bin", "test.bin"});
  hpsearch::fuzz::Input input(data, size);
  const unsigned choices = hpsearch::fuzz::TakeByte(input);
  const hpsearch::fuzz::Files& files = (choices & 0x40) != 0 ? hundred : ten;
  files.Write(hpsearch::fuzz::Cut(input), choices);
  const auto set = hpsearch::data::ReadCifarSet(files.path(), hpsearch::fuzz::MostBytes((choices & 0x80) != 0));
  if (set.ok()) hpsearch::fuzz::RequireSet(*set);
  return 0;
}
