#include "client/study_file/text_check.h"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>

namespace hpsearch::study_file {
namespace {

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7F;
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
    const auto bad =
        std::min(utf8::find_invalid(line.begin(), line.end()), std::find_if(line.begin(), line.end(), IsControl));
    if (bad != line.end()) {
      const auto byte = static_cast<unsigned char>(*bad);
      return {{{number, ColumnOf(line, static_cast<std::size_t>(bad - line.begin()))},
               "",
               IsControl(*bad) ? fmt::format("control character 0x{:02X}; a study file is text", byte)
                               : fmt::format("byte 0x{:02X} is not UTF-8; a study file is UTF-8 text", byte)}};
    }
    CheckLine(line, number, faults);
    begin += line.size() + 1;
  }
  return faults;
}

}  // namespace hpsearch::study_file
