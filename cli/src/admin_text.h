// What hosts that run answer, for people and for scripts.
#pragma once
#include <optional>
#include <string>

#include "airssys/wasm/admin/protocol.h"
#include "json_text.h"
#include "paint.h"

namespace airssys::cli {

// {codec, bytes, base64, text}; the codec is null where the payload does not say, the text where the content is no UTF-8.
[[nodiscard]] Json payload_json(std::optional<std::uint64_t> codec, const Bytes& content);
// Without its contents.
[[nodiscard]] Json letter_json(const wasm::AdminLetter& letter);
[[nodiscard]] Json event_json(const wasm::AdminEvent& event);

// "json"; "of no codec" where a payload does not say.
[[nodiscard]] std::string codec_words(std::optional<std::uint64_t> codec);
// As it is; on a terminal with what could steer it as \xNN, and a line feed at its end.
[[nodiscard]] std::string content_text(const Bytes& content, bool for_terminal);
// "7  2m ago  a -> b  crashed, 5 B: hello".
[[nodiscard]] std::string letter_line(const wasm::AdminLetter& letter, WallTime now, Paint paint);
[[nodiscard]] std::string event_line(const wasm::AdminPublished& event, Paint paint);

}  // namespace airssys::cli
