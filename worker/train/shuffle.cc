#include "worker/train/shuffle.h"

#include <cstddef>
#include <utility>

namespace hpsearch::train {
namespace {

// A stream's words at one epoch, one after the other.
class Words {
 public:
  Words(const nn::RandomStream& stream, std::int64_t epoch) : stream_(stream), epoch_(epoch) {}

  std::uint32_t Next() {
    if (next_ == kWords) {
      stream_.Bundles(epoch_, 0, bundle_, kBundles, words_);
      bundle_ += kBundles;
      next_ = 0;
    }
    return words_[next_++];
  }

 private:
  static constexpr int kBundles = 8;
  static constexpr int kWords = kBundles * nn::kBundleWords;

  const nn::RandomStream& stream_;
  const std::int64_t epoch_;
  std::uint32_t bundle_ = 0;
  int next_ = kWords;
  std::uint32_t words_[kWords];
};

}  // namespace

void ShuffleRows(std::span<const std::uint32_t> rows, const nn::RandomSource& source, std::int64_t epoch,
                 std::vector<std::uint32_t>& order) {
  order.assign(rows.begin(), rows.end());
  const nn::RandomStream stream(source, nn::Purpose::kShuffle, 0);
  Words words(stream, epoch);
  for (std::size_t last = order.size(); last > 1; --last) {
    const std::uint32_t drawn = nn::Below(static_cast<std::uint32_t>(last), [&] { return words.Next(); });
    std::swap(order[last - 1], order[drawn]);
  }
}

}  // namespace hpsearch::train
