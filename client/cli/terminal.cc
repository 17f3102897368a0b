#include "client/cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace hpsearch::cli {
namespace {

std::string_view CodeOf(Style style) {
  switch (style) {
    case Style::kBold:
      return "1";
    case Style::kDim:
      return "2";
    case Style::kRed:
      return "31";
    case Style::kGreen:
      return "32";
    case Style::kYellow:
      return "33";
    case Style::kBlue:
      return "34";
    case Style::kCyan:
      return "36";
    case Style::kPlain:
      break;
  }
  return "";
}

// C0 but new lines, DEL, and C1: the one character U+009B of old is as good as ESC [.
bool Steers(std::uint32_t character) {
  return (character < 0x20 && character != '\n') || (character >= 0x7F && character < 0xA0);
}

}  // namespace

bool IsTerminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

bool IsLive(std::FILE* stream) {
  const char* terminal = std::getenv("TERM");
  return IsTerminal(stream) && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

bool HasColour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  return (no_colour == nullptr || *no_colour == '\0') && IsLive(stream);
}

int WidthOf(std::FILE* stream) {
  winsize size{};
  if (IsTerminal(stream) && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string Styled(std::string_view text, Style style, bool colour) {
  if (!colour || style == Style::kPlain || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", CodeOf(style), text);
}

Style StyleOfState(std::string_view state) {
  if (state == "COMPLETED") return Style::kGreen;
  if (state == "RUNNING") return Style::kCyan;
  if (state == "FAILED") return Style::kRed;
  if (state == "DIVERGED" || state == "CANCELLED" || state == "STOPPED" || state == "PAUSED")
    return Style::kYellow;
  return Style::kPlain;
}

std::string Printable(std::string_view text) {
  std::string printable;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    for (const char* const valid = utf8::find_invalid(at, end); at != valid;) {
      const char* const begin = at;
      const std::uint32_t character = utf8::unchecked::next(at);
      if (Steers(character)) {
        printable += fmt::format("\\x{:02x}", character);
      } else {
        printable.append(begin, at);
      }
    }
    if (at != end) printable += fmt::format("\\x{:02x}", static_cast<unsigned char>(*at++));
  }
  return printable;
}

std::string PrintableLine(std::string_view text) {
  std::string printable = Printable(text);
  std::replace(printable.begin(), printable.end(), '\n', ' ');
  return printable;
}

int DisplayWidth(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace hpsearch::cli
