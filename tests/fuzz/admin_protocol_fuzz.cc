// Lines of the admin protocol, in both directions, in pieces as they may come.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/admin/line_buffer.h"
#include "airssys/wasm/admin/protocol.h"

using namespace airssys;
using namespace airssys::wasm;

namespace {

std::string_view without_feed(const std::string& line) {
  AIRSSYS_ASSERT(line.find('\n') == line.size() - 1, "a line that is none");
  return std::string_view(line).substr(0, line.size() - 1);
}

template <class T>
void is_said(const Result<T>& result) {
  AIRSSYS_ASSERT(result || !result.error().message().empty(), "a refusal without a word");
}

// As requests: what was understood is understood again when it is written.
template <class T>
void is_kept(std::string_view line, Result<T> (*parse)(std::string_view)) {
  const auto answer = parse(line);
  is_said(answer);
  if (!answer) return;
  const std::string again = admin_answer_line(*answer);
  AIRSSYS_ASSERT(parse(without_feed(again)) == *answer, "another answer: {}", again);
}

void read(std::string_view line) {
  if (const auto request = parse_admin_request(line)) {
    const std::string again = admin_line(*request);
    AIRSSYS_ASSERT(parse_admin_request(without_feed(again)) == *request, "another request: {}", again);
  } else {
    AIRSSYS_ASSERT(request.error().code() == Code::invalid_argument, "a refusal of another kind");
    const std::string said = admin_error_line(request.error());
    AIRSSYS_ASSERT(parse_admin_done(without_feed(said)).error().code() == Code::invalid_argument, "an error that is none");
  }
  if (const auto event = parse_admin_event(line)) {
    const std::string again = admin_line(*event);
    const auto same = parse_admin_event(without_feed(again));  // but for parts of a millisecond
    AIRSSYS_ASSERT(same && admin_line(*same) == again, "another event: {}", again);
  }
  if (const auto payload = parse_admin_payload(line)) {
    const std::string again = admin_answer_line(*payload);
    AIRSSYS_ASSERT(parse_admin_payload(without_feed(again)) == *payload, "another payload: {}", again);
  }
  is_said(parse_admin_greeting(line));
  is_said(parse_admin_done(line));
  is_said(parse_admin_letters(line));
  is_said(parse_admin_letter(line));
  is_kept(line, parse_admin_storage_accounts);
  is_kept(line, parse_admin_storage_done);
  is_kept(line, parse_admin_storage_compacted);
  is_kept(line, parse_admin_storage_verified);
}

}  // namespace

// The first byte says how large the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] + std::size_t{1};
  constexpr std::size_t max_line = 4096;
  LineBuffer lines(max_line);
  std::size_t taken = 0;
  const std::string_view whole = text;
  while (!text.empty()) {
    lines.put(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    while (const auto line = lines.next()) {
      AIRSSYS_ASSERT(line->size() <= max_line && whole.substr(taken, line->size()) == *line, "a line that was not sent");
      taken += line->size() + 1;
      read(*line);
    }
  }
  if (!lines.too_long()) read(whole.substr(std::min(taken, whole.size())));
  return 0;
}
