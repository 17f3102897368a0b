// What the output streams are: terminals or not, how wide, coloured or not; and text made safe for them. Reads the
// environment and the streams at each call; any thread.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace hpsearch::cli {

bool IsTerminal(std::FILE* stream);
// A terminal that understands more than text: not a dumb one.
bool IsLive(std::FILE* stream);
// A live terminal, and no NO_COLOR in the environment.
bool HasColour(std::FILE* stream);
// Columns; 80 where it is no terminal.
int WidthOf(std::FILE* stream);

enum class Style { kPlain, kBold, kDim, kRed, kGreen, kYellow, kBlue, kCyan };

// `text` with the style's escape codes round it; as it is without `colour`.
std::string Styled(std::string_view text, Style style, bool colour);
// COMPLETED green, FAILED red, ...: one look for states everywhere.
Style StyleOfState(std::string_view state);

// Text from outside with its control characters (but new lines) and what is no UTF-8 shown as \xNN, so that it
// cannot steer a terminal.
std::string Printable(std::string_view text);
// The same with spaces for new lines.
std::string PrintableLine(std::string_view text);
// Columns that UTF-8 text takes, each character counted as one.
int DisplayWidth(std::string_view text);

}  // namespace hpsearch::cli
