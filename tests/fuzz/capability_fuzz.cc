// Capabilities of every kind. The lines of the input: an action, two patterns; the rest is what somebody asks for.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/forbidden_list.h"

using namespace airssys;
using namespace airssys::wasm;

namespace {

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

template <class T>
void check_refusal(const Result<T>& result) {
  if (result) return;
  const std::string& message = result.error().message();
  AIRSSYS_ASSERT(result.error().code() == Code::invalid_argument, "{}", code_name(result.error().code()));
  AIRSSYS_ASSERT(
      utf8_prefix(message) == message.size() && std::ranges::none_of(message, [](char c) { return c >= 0 && c < ' '; }),
      "a refusal is readable");
}

bool allows(const Capability& capability, std::string_view resource) {
  CapabilitySet set;
  AIRSSYS_ASSERT(set.grant(capability).has_value(), "an empty set is full");
  const Capability* const found = set.find(capability.action, resource);
  AIRSSYS_ASSERT(!found || *found == capability, "another one was found");
  return found != nullptr;
}

void check_alone(const Capability& capability) {
  AIRSSYS_ASSERT(capability.covers(capability), "{} does not cover itself", to_string(capability));
  AIRSSYS_ASSERT(capability.overlaps(capability), "{} does not overlap itself", to_string(capability));
  const auto again = Capability::parse(capability.action, capability.text());
  AIRSSYS_ASSERT(again && *again == capability, "{} is read as another", to_string(capability));
}

void check_smallest(Action action, std::string_view resource, const std::optional<Capability>& one) {
  const auto least = smallest_grant(action, resource);
  check_refusal(least);
  if (!least) {
    // A path may be longer than a pattern, and need not be text.
    const bool writable = utf8_prefix(resource) == resource.size() && resource.size() < PathPattern::max_bytes / 2 &&
                          static_cast<std::size_t>(std::ranges::count(resource, '/')) < PathPattern::max_segments;
    AIRSSYS_ASSERT(!writable || !one || !allows(*one, resource), "{} allows what nothing can be granted for", to_string(*one));
    return;
  }
  check_alone(*least);
  const bool of_the_host = action == Action::messaging_publish && (resource == "sys" || resource.starts_with("sys."));
  AIRSSYS_ASSERT(of_the_host || allows(*least, resource), "{} does not allow '{}'", to_string(*least), printable(resource, 200));
  // What allows it reaches it.
  if (one && allows(*one, resource)) AIRSSYS_ASSERT(one->overlaps(*least), "{} and {}", to_string(*one), to_string(*least));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto action = parse_action(next_line(text));
  if (!action) return 0;
  const auto parsed = Capability::parse(*action, next_line(text)), second = Capability::parse(*action, next_line(text));
  for (const auto* result : {&parsed, &second}) {
    check_refusal(*result);
    if (*result) check_alone(**result);
  }
  check_smallest(*action, text, parsed ? std::optional(*parsed) : std::nullopt);
  static const ForbiddenList forbidden = ForbiddenList::defaults();
  const bool is_forbidden = forbidden.find(*action, text) != nullptr;
  if (!parsed) return 0;
  CapabilitySet set;
  AIRSSYS_ASSERT(set.grant(*parsed).has_value(), "an empty set is full");
  AIRSSYS_ASSERT(set.nearest(*action, text) != nullptr, "one is the nearest");
  const auto conflicts = forbidden.conflicts(set);
  AIRSSYS_ASSERT(!allows(*parsed, text) || conflicts.denied.empty() || is_forbidden,
                 "{} cannot be granted, yet '{}' is not forbidden", to_string(*parsed), printable(text, 200));
  if (!second) return 0;
  const bool one = allows(*parsed, text), other = allows(*second, text);
  AIRSSYS_ASSERT(parsed->overlaps(*second) == second->overlaps(*parsed), "{} and {}", to_string(*parsed), to_string(*second));
  AIRSSYS_ASSERT(!parsed->covers(*second) || !other || one, "{} covers {}, but not '{}'", to_string(*parsed), to_string(*second),
                 printable(text, 200));
  AIRSSYS_ASSERT(!(one && other) || parsed->overlaps(*second), "{} and {} share '{}'", to_string(*parsed), to_string(*second),
                 printable(text, 200));
  return 0;
}
