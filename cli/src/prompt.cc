#include "prompt.h"

#include <array>

#include "airssys/base/line_reader.h"

namespace airssys::cli {

bool can_ask(const Context& context) { return context.console.in_is_terminal() && context.console.err_is_terminal(); }

std::optional<std::string> ask(std::string_view question, Context& context) {
  constexpr std::size_t max_answer_bytes = 100;
  constexpr Duration glance = std::chrono::milliseconds(200);  // how soon Ctrl-C is noticed
  if (!can_ask(context)) return std::nullopt;
  context.console.err(question);
  LineReader lines(max_answer_bytes);
  std::array<char, 256> buffer{};
  while (!context.interrupt.requested()) {
    if (const auto line = lines.next()) return line->content ? std::string(line->content->text()) : std::string();
    if (lines.ended()) return std::nullopt;
    const auto input = context.console.read(buffer, glance);
    if (!input) return std::nullopt;
    if (input->state == Input::State::end) lines.end();
    if (input->state == Input::State::data) lines.put({buffer.data(), input->bytes});
  }
  return std::nullopt;
}

}  // namespace airssys::cli
