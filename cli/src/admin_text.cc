#include "admin_text.h"

#include <fmt/format.h>

#include "airssys/base/text.h"
#include "airssys/base/units.h"
#include "airssys/wasm/core/base64.h"
#include "airssys/wasm/core/rfc3339.h"
#include "tree.h"

namespace airssys::cli {
namespace {

constexpr std::size_t max_beginning_shown = 40, max_event_shown = 120;

std::string shortened(std::string_view text, std::uint64_t whole_bytes, std::size_t most) {
  if (text.empty()) return {};  // there is nothing, or it was not kept
  const std::string_view shown = text.substr(0, most);
  return fmt::format(": {}{}", airssys::printable(shown, 4 * most), shown.size() < whole_bytes ? "..." : "");
}

std::string_view what_became_of(const wasm::AdminLetter& letter) {
  if (letter.resent) return "sent again";
  return letter.kept ? "" : "not kept";
}

Json codec_json(std::optional<std::uint64_t> codec) { return codec ? Json(wasm::codec_text(*codec)) : Json(nullptr); }

}  // namespace

std::string codec_words(std::optional<std::uint64_t> codec) { return codec ? wasm::codec_text(*codec) : "of no codec"; }

Json payload_json(std::optional<std::uint64_t> codec, const Bytes& content) {
  Json text = nullptr;
  if (utf8_prefix(content.text()) == content.size()) text = content.text();
  return {{"codec", codec_json(codec)},
          {"bytes", content.size()},
          {"base64", wasm::to_base64(content.span())},
          {"text", std::move(text)}};
}

Json letter_json(const wasm::AdminLetter& letter) {
  return {{"number", letter.number},
          {"at", wasm::format_rfc3339(letter.at)},
          {"sender", letter.sender},
          {"receiver", letter.receiver},
          {"kind", letter.kind},
          {"reason", letter.reason},
          {"codec", codec_json(letter.codec)},
          {"bytes", letter.bytes},
          {"beginning", letter.beginning.text()},
          {"kept", letter.kept},
          {"resent", letter.resent}};
}

Json event_json(const wasm::AdminEvent& event) {
  if (const auto* const missed = std::get_if<wasm::AdminMissed>(&event)) return {{"missed", missed->messages}};
  const auto& one = std::get<wasm::AdminPublished>(event);
  return {{"at", wasm::format_rfc3339(one.at)},
          {"topic", one.topic},
          {"publisher", one.publisher},
          {"bytes", one.bytes},
          {"payload", payload_json(one.codec, one.content)}};
}

std::string content_text(const Bytes& content, bool for_terminal) {
  if (!for_terminal) return std::string(content.text());
  std::string text;
  for (std::string_view rest = content.text(); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    text += printable(rest.substr(0, end)) + "\n";
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return text;
}

std::string letter_line(const wasm::AdminLetter& letter, WallTime now, Paint paint) {
  const std::string_view became = what_became_of(letter);
  return fmt::format("{:>6}  {:>8} ago  {} -> {}  {}, {}{}{}\n", letter.number, format_duration(now - letter.at),
                     printable(short_text_of(letter.sender)), printable(short_text_of(letter.receiver)), letter.reason,
                     format_size(letter.bytes), shortened(letter.beginning.text(), letter.bytes, max_beginning_shown),
                     became.empty() ? "" : "  " + paint(Colour::dim, became));
}

std::string event_line(const wasm::AdminPublished& event, Paint paint) {
  const auto of_day = event.at - floor<std::chrono::days>(event.at);
  const std::chrono::hh_mm_ss time(floor<std::chrono::milliseconds>(of_day));
  return fmt::format("{}  {}  {}  {}, {}{}\n",
                     paint(Colour::dim, fmt::format("{:02}:{:02}:{:02}.{:03}", time.hours().count(), time.minutes().count(),
                                                    time.seconds().count(), time.subseconds().count())),
                     paint(Colour::bold, event.topic), printable(short_text_of(event.publisher)), codec_words(event.codec),
                     format_size(event.bytes), shortened(event.content.text(), event.bytes, max_event_shown));
}

}  // namespace airssys::cli
