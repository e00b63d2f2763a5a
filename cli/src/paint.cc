#include "paint.h"

#include <fmt/format.h>

#include <cstdint>

#include "airssys/base/text.h"

namespace airssys::cli {
namespace {

std::string_view code_of(Colour colour) noexcept {
  switch (colour) {
    case Colour::dim: return "2";
    case Colour::red: return "31";
    case Colour::green: return "32";
    case Colour::yellow: return "33";
    case Colour::cyan: return "36";
    case Colour::bold: return "1";
  }
  return "0";
}

}  // namespace

std::string Paint::operator()(Colour colour, std::string_view text) const {
  if (mode_ == Mode::plain || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(colour), text);
}

Colour colour_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::trace:
    case LogLevel::debug: return Colour::dim;
    case LogLevel::info: return Colour::green;
    case LogLevel::warn: return Colour::yellow;
    case LogLevel::error: return Colour::red;
  }
  return Colour::dim;
}

std::string printable(std::string_view text) {
  std::string in_quotes = quoted(text, SIZE_MAX);
  return in_quotes.substr(1, in_quotes.size() - 2);
}

}  // namespace airssys::cli
