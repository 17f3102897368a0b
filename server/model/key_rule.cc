#include "server/model/key_rule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utf8.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/status/status.h"
#include "server/model/names.h"

namespace hpsearch::model {
namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kLongestQuote = 60;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string WithSeparators(double integer) {
  std::string digits = fmt::format("{:.0f}", integer);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (integer < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string WantedInteger(const Domain& domain) {
  const bool low = domain.low > -kInt64End;
  const bool high = domain.high < kInt64End;
  std::string text = "an integer";
  if (low) text += " from " + WithSeparators(domain.low);
  if (high) text += " to " + WithSeparators(domain.high);
  return text;
}

std::string WantedNumber(const Domain& domain) {
  if (domain.low == -kInfinity && domain.high == kInfinity) return "a finite number";
  if (domain.high == kInfinity)
    return fmt::format("a number {} {}", domain.low_open ? "above" : "from", domain.low);
  return "a number in " + domain.ToString();
}

std::string Quoted(const std::string& text) {
  if (text.size() <= kLongestQuote) return fmt::format("'{}'", text);
  std::size_t end = kLongestQuote;
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;  // never within a character
  return fmt::format("'{}...'", text.substr(0, end));
}

absl::Status Wrong(const std::string& what, const KeyRule& rule) {
  return absl::InvalidArgumentError(fmt::format("{}; {} is wanted", what, Wanted(rule)));
}

absl::StatusOr<Scalar> FitText(const std::string& text, const KeyRule& rule) {
  if (const auto fault = FaultOf(text)) return absl::InvalidArgumentError(*fault);
  if (rule.choices.empty()) {
    if (text.empty()) return Wrong("the text is empty", rule);
    return Scalar(text);
  }
  if (std::find(rule.choices.begin(), rule.choices.end(), text) != rule.choices.end()) return Scalar(text);
  if (std::find(rule.later.begin(), rule.later.end(), text) != rule.later.end()) {
    return absl::InvalidArgumentError(NotSupportedYet(rule.key, text, rule.choices));
  }
  return absl::InvalidArgumentError(UnknownName(rule.key, text, rule.choices));
}

absl::StatusOr<Scalar> FitNumber(const Scalar& value, const KeyRule& rule) {
  const std::optional<double> number = NumberIn(value);
  if (!number.has_value()) return Wrong(Describe(value), rule);
  if (!std::isfinite(*number)) return Wrong(Describe(value) + " is not finite", rule);
  if (rule.type == KeyType::kNumber) {
    if (!rule.domain.Contains(*number)) return Wrong(Describe(value) + " is out of range", rule);
    return Scalar(*number);
  }
  if (*number != std::floor(*number)) return Wrong(Describe(value) + " is no integer", rule);
  const auto* integer = std::get_if<std::int64_t>(&value);
  const bool fits = integer != nullptr || (*number >= -kInt64End && *number < kInt64End);
  if (!fits || !rule.domain.Contains(*number)) return Wrong(Describe(value) + " is out of range", rule);
  return Scalar(integer != nullptr ? *integer : static_cast<std::int64_t>(*number));
}

absl::StatusOr<Scalar> FitColumn(const Scalar& value, const KeyRule& rule) {
  if (const auto* text = std::get_if<std::string>(&value)) return FitText(*text, rule);
  absl::StatusOr<Scalar> index = FitNumber(value, rule);
  return index.ok() ? index : Wrong(Describe(value), rule);
}

}  // namespace

bool Domain::Contains(double value) const {
  return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

Domain Domain::Intersect(const Domain& other) const {
  Domain both = *this;
  if (other.low > low || (other.low == low && other.low_open)) {
    both.low = other.low;
    both.low_open = other.low_open;
  }
  if (other.high < high || (other.high == high && other.high_open)) {
    both.high = other.high;
    both.high_open = other.high_open;
  }
  return both;
}

std::string Domain::ToString() const {
  return fmt::format("{}{}, {}{}", low_open || low == -kInfinity ? '(' : '[', low, high,
                     high_open || high == kInfinity ? ')' : ']');
}

std::optional<std::string> FaultOf(const std::string& text) {
  if (text.size() > kLongestText) {
    return fmt::format("a text of {} bytes; at most {} may stand", text.size(), kLongestText);
  }
  if (!utf8::is_valid(text.begin(), text.end())) return "a text that is not UTF-8";
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), control)) {
    return "a text with a control character in it; printable text on one line is wanted";
  }
  return std::nullopt;
}

std::string Wanted(const KeyRule& rule) {
  switch (rule.type) {
    case KeyType::kBoolean:
      return "true or false";
    case KeyType::kInteger:
      return WantedInteger(rule.domain);
    case KeyType::kNumber:
      return WantedNumber(rule.domain);
    case KeyType::kText:
      return rule.choices.empty() ? "text" : fmt::format("one of {}", fmt::join(rule.choices, ", "));
    case KeyType::kIntegers:
      return "a sequence, each item " + WantedInteger(rule.domain) + ",";
    case KeyType::kTexts:
      return "a sequence of texts";
    case KeyType::kColumn:
      return "a column's name, or its index from 0 (-1: the last),";
    case KeyType::kColumns:
      return "a sequence of columns, each by name or index,";
    case KeyType::kExtent:
      return WantedInteger(rule.domain) + ", or a sequence of two (height, width),";
    case KeyType::kAny:
      return "a mapping";
  }
  return {};
}

std::string Describe(const Node& node) {
  if (node.is_sequence()) return "a sequence stands there";
  if (node.is_mapping()) return "a mapping stands there";
  const Scalar& scalar = node.scalar();
  if (const auto* boolean = std::get_if<bool>(&scalar)) return *boolean ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&scalar)) return std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&scalar)) return fmt::format("{}", *number);
  if (const auto* text = std::get_if<std::string>(&scalar)) return Quoted(*text) + " is text";
  return "nothing stands there";
}

absl::StatusOr<Scalar> Fit(const Scalar& value, const KeyRule& rule) {
  switch (rule.type) {
    case KeyType::kBoolean:
      if (!std::holds_alternative<bool>(value)) return Wrong(Describe(value), rule);
      return value;
    case KeyType::kInteger:
    case KeyType::kIntegers:
    case KeyType::kExtent:
    case KeyType::kNumber:
      return FitNumber(value, rule);
    case KeyType::kText:
    case KeyType::kTexts:
      if (const auto* text = std::get_if<std::string>(&value)) return FitText(*text, rule);
      if (NumberIn(value).has_value()) return Wrong(Describe(value) + " is a number", rule);
      return Wrong(Describe(value), rule);
    case KeyType::kColumn:
    case KeyType::kColumns:
      return FitColumn(value, rule);
    case KeyType::kAny:
      return value;
  }
  return value;
}

}  // namespace hpsearch::model
