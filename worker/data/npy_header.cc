#include "worker/data/npy_header.h"

#include <charconv>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace hpsearch::data {
namespace {

// A walk over the text. What does not fit leaves nullopt or false, and the place where it stands.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool Take(char wanted) {
    SkipSpace();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool TakeWord(std::string_view word) {
    SkipSpace();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::optional<std::string> TakeText() {
    SkipSpace();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) return std::nullopt;
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  // (), (3,), (3, 4)
  std::optional<std::vector<std::int64_t>> TakeShape() {
    if (!Take('(')) return std::nullopt;
    std::vector<std::int64_t> shape;
    while (!Take(')')) {
      SkipSpace();
      std::int64_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc() || size < 0) return std::nullopt;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      TakeWord("L");  // of Python 2
      shape.push_back(size);
      if (!Take(',') && (SkipSpace(), rest_.empty() || rest_.front() != ')')) return std::nullopt;
    }
    return shape;
  }

  bool AtEnd() {
    SkipSpace();
    return rest_.empty();
  }

 private:
  void SkipSpace() {
    const std::size_t begin = rest_.find_first_not_of(" \t\n");
    rest_.remove_prefix(begin == std::string_view::npos ? rest_.size() : begin);
  }

  std::string_view rest_;
};

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("its header {}; wanted is {{'descr': '<f4', 'fortran_order': False, 'shape': (..)}}", what));
}

}  // namespace

absl::StatusOr<NpyHeader> ParseNpyHeader(std::string_view text) {
  Reader reader(text);
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
  if (!reader.Take('{')) return Wrong("is no dictionary");
  while (!reader.Take('}')) {
    const std::optional<std::string> key = reader.TakeText();
    if (!key || !reader.Take(':')) return Wrong("is damaged");
    if (*key == "descr" && !descr) {
      descr = reader.TakeText();
      if (!descr) return Wrong("has a 'descr' that names no single type");
    } else if (*key == "fortran_order" && !fortran_order) {
      if (reader.TakeWord("False")) {
        fortran_order = false;
      } else if (reader.TakeWord("True")) {
        fortran_order = true;
      } else {
        return Wrong("has a 'fortran_order' that is neither True nor False");
      }
    } else if (*key == "shape" && !shape) {
      shape = reader.TakeShape();
      if (!shape) return Wrong("has a 'shape' that is no tuple of sizes");
    } else {
      return Wrong("has a key that is unknown or stands twice");
    }
    reader.Take(',');
  }
  if (!reader.AtEnd()) return Wrong("goes on behind its end");
  if (!descr || !fortran_order || !shape) return Wrong("lacks a key");
  return NpyHeader{*std::move(descr), *fortran_order, *std::move(shape)};
}

}  // namespace hpsearch::data
