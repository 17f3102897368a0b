#include "client/study_file/yaml_scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace hpsearch::study_file {
namespace {

using model::Scalar;

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view WithoutSign(std::string_view text) {
  return !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
}

// [0-9]+ of it; the rest stays.
std::size_t TakeDigits(std::string_view& text) {
  const std::size_t digits = std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin();
  text.remove_prefix(digits);
  return digits;
}

bool IsInteger(std::string_view text) {
  text = WithoutSign(text);
  return TakeDigits(text) > 0 && text.empty();
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool IsNumber(std::string_view text) {
  text = WithoutSign(text);
  const std::size_t whole = TakeDigits(text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (TakeDigits(text) + whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text = WithoutSign(text.substr(1));
  return TakeDigits(text) > 0 && text.empty();
}

absl::StatusOr<Scalar> ParseInteger(const std::string& text, std::string_view digits, int base) {
  std::int64_t value = 0;
  if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::result_out_of_range) {
    return absl::InvalidArgumentError(fmt::format("{} does not fit a 64-bit integer", text));
  }
  if (error != std::errc() || end != digits.data() + digits.size()) return Scalar(text);
  return Scalar(value);
}

}  // namespace

absl::StatusOr<Scalar> ResolvePlain(const std::string& text) {
  if (IsOneOf(text, {"", "~", "null", "Null", "NULL"})) return Scalar();
  if (IsOneOf(text, {"true", "True", "TRUE"})) return Scalar(true);
  if (IsOneOf(text, {"false", "False", "FALSE"})) return Scalar(false);
  if (IsOneOf(WithoutSign(text), {".inf", ".Inf", ".INF"}) || IsOneOf(text, {".nan", ".NaN", ".NAN"})) {
    return absl::InvalidArgumentError(fmt::format("{} is not finite; a finite number is wanted", text));
  }
  const std::string_view view = text;
  if (IsInteger(view)) return ParseInteger(text, view, 10);
  if (view.starts_with("0o") && view.size() > 2 && IsDigit(view[2])) return ParseInteger(text, view.substr(2), 8);
  if (view.starts_with("0x") && view.size() > 2 && absl::ascii_isxdigit(view[2]))
    return ParseInteger(text, view.substr(2), 16);
  if (!IsNumber(view)) return Scalar(text);
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || !std::isfinite(number)) {
    return absl::InvalidArgumentError(fmt::format("{} is beyond the largest number, 1.797e308", text));
  }
  return Scalar(number);
}

}  // namespace hpsearch::study_file
