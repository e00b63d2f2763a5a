// Colours for a terminal, and foreign text that cannot steer one.
#pragma once
#include <string>
#include <string_view>

#include "airssys/base/log.h"

namespace airssys::cli {

enum class Colour : unsigned char { dim, red, green, yellow, cyan, bold };

// Puts a colour around a text, or nothing.
class Paint {
 public:
  enum class Mode : unsigned char { plain, coloured };
  explicit Paint(Mode mode) noexcept : mode_(mode) {}
  [[nodiscard]] std::string operator()(Colour colour, std::string_view text) const;

 private:
  Mode mode_;
};

[[nodiscard]] Colour colour_of(LogLevel level) noexcept;

// The text with control bytes and what is not UTF-8 as \xNN. Whoever wrote it, it is safe on a terminal and is one line.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace airssys::cli
