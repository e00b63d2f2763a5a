// Foreign text in messages: what a file, a guest or a command line said, made safe and short for one line of a terminal or a log.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace airssys {

// Control bytes and what is not UTF-8 as \xNN; past `max_bytes` of the text cut at a character, with "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes);
// The same in single quotes. Call it qualified where <iomanip> or <filesystem> are seen: std::quoted is found for a std::string.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t max_bytes = 60);

// How many bytes from the beginning are UTF-8 (no overlong form, no surrogate, nothing past U+10FFFF).
[[nodiscard]] std::size_t utf8_prefix(std::string_view text) noexcept;

// For "did you mean …?": the known name with the fewest edits (insert, delete, replace, swap of two neighbours) from
// `word`, the earlier one of equals; empty when none is within a third of the word's length, 1 to 3 edits. Words past 64
// bytes have no near name.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known) noexcept;

}  // namespace airssys
