// Topics and patterns: the first line of the input is a pattern, the rest a topic.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/base/topic.h"

using namespace airssys;

namespace {

// Every way to cut, without a thought to cost.
bool obvious(std::string_view pattern, std::string_view topic) {
  const auto head = [](std::string_view text) { return text.substr(0, text.find('.')); };
  const auto tail = [](std::string_view text) {
    const std::size_t dot = text.find('.');
    return dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  };
  if (pattern.empty() || topic.empty()) return (pattern.empty() && topic.empty()) || pattern == "**";
  if (head(pattern) == "**") return true;
  return (head(pattern) == "*" || head(pattern) == head(topic)) && obvious(tail(pattern), tail(topic));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const auto pattern = TopicPattern::parse(text.substr(0, end));
  const auto topic = Topic::parse(text.substr(std::min(end + 1, text.size())));
  for (const Error* error : {pattern ? nullptr : &pattern.error(), topic ? nullptr : &topic.error()})
    if (error) AIRSSYS_ASSERT(utf8_prefix(error->message()) == error->message().size(), "a refusal is readable");
  if (topic) {
    AIRSSYS_ASSERT(topic->text().size() < Topic::max_segments * (Topic::max_segment_bytes + 1), "{} is too long", topic->text());
    const auto itself = TopicPattern::parse(topic->text());
    AIRSSYS_ASSERT(itself && itself->matches(*topic), "{} does not match itself", topic->text());
    AIRSSYS_ASSERT(TopicPattern::parse("**")->matches(*topic), "** leaves out {}", topic->text());
  }
  if (pattern && topic)
    AIRSSYS_ASSERT(pattern->matches(*topic) == obvious(pattern->text(), topic->text()), "{} and {}", pattern->text(),
                   topic->text());
  return 0;
}
