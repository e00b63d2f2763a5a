// Console: standard input, output and error, and what is known of the terminal behind them.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/base/time.h"

namespace airssys::cli {

struct Input {
  enum class State : std::uint8_t { data, nothing_yet, end };
  State state = State::nothing_yet;
  std::size_t bytes = 0;  // data: how many were read, at least one
};

// Threads: err and broken by any thread, the rest by one.
class Console {
 public:
  virtual ~Console() = default;

  // Each writes all of `text` before it returns. Nobody reads any more, or the device refuses: the text is lost, and
  // broken() and failure() tell.
  virtual void out(std::string_view text) noexcept = 0;
  virtual void err(std::string_view text) noexcept = 0;

  // Reads what there is of standard input, waiting at most that long for the first byte; a signal ends the wait too.
  [[nodiscard]] virtual Result<Input> read(std::span<char> into, Duration at_most) noexcept = 0;

  [[nodiscard]] virtual bool in_is_terminal() const noexcept = 0;
  [[nodiscard]] virtual bool out_is_terminal() const noexcept = 0;
  [[nodiscard]] virtual bool err_is_terminal() const noexcept = 0;
  // Columns of the terminal on standard output at this moment; 0 when it is none.
  [[nodiscard]] virtual std::size_t width() const noexcept = 0;

  // Whoever read standard output or error has gone away: there is nobody left to work for.
  [[nodiscard]] virtual bool broken() const noexcept = 0;
  // Why results could not be written, but for a reader that went away: a full disk.
  [[nodiscard]] virtual Result<> failure() const noexcept = 0;
};

// The process's own.
[[nodiscard]] std::unique_ptr<Console> process_console();

}  // namespace airssys::cli
