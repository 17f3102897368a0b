#include "client/study_file/text_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace hpsearch::study_file {
namespace {

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Bytes of the character that `text` begins with; 0: it is not UTF-8 (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
std::size_t CharacterLength(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), IsContinuation)) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

void CheckLine(std::string_view line, int number, std::vector<LocatedFault>& faults) {
  const std::size_t indent = line.find_first_not_of(" \t\r");
  if (indent == std::string_view::npos) return;  // a blank line indents nothing
  const std::size_t tab = line.substr(0, indent).find('\t');
  if (tab != std::string_view::npos && line[indent] != '#') {
    faults.push_back(
        {{number, static_cast<int>(tab) + 1}, "", "a tab indents this line; YAML wants spaces there"});
  }
}

}  // namespace

int ColumnOf(std::string_view line, std::size_t byte) {
  const std::string_view before = line.substr(0, std::min(byte, line.size()));
  return 1 +
         static_cast<int>(std::count_if(before.begin(), before.end(), [](char c) { return !IsContinuation(c); }));
}

std::vector<LocatedFault> CheckText(std::string_view text) {
  std::vector<LocatedFault> faults;
  int number = 1;
  for (std::size_t begin = 0; begin <= text.size(); ++number) {
    const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t length = CharacterLength(line.substr(at));
      const auto byte = static_cast<unsigned char>(line[at]);
      const bool control = (byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7F;
      if (length == 0 || control) {
        return {{{number, ColumnOf(line, at)},
                 "",
                 length == 0 ? fmt::format("byte 0x{:02X} is not UTF-8; a study file is UTF-8 text", byte)
                             : fmt::format("control character 0x{:02X}; a study file is text", byte)}};
      }
      at += length;
    }
    CheckLine(line, number, faults);
    begin += line.size() + 1;
  }
  return faults;
}

}  // namespace hpsearch::study_file
