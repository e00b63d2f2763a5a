// trust-config.toml and forbidden-capabilities.toml: whatever the bytes are, reading ends with a config that keeps its
// promises, or with mistakes for people; and a change of the file changes that thing and nothing else.
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/security/forbidden_config.h"
#include "airssys/wasm/security/trust_config.h"

using namespace airssys;
using namespace airssys::wasm;

namespace {

void check_changes(std::string_view text, const TrustConfig& config) {
  const TrustSource source{.kind = TrustSource::Kind::local,
                           .pattern = "/opt/\"x\"/*",
                           .branch = {},
                           .key = {},
                           .signer = {},
                           .description = "d",
                           .place = {}};
  if (const auto added = with_source(text, "T", source)) {
    const auto read = parse_trust_config(*added, "T");
    AIRSSYS_ASSERT(read && read->sources.size() == config.sources.size() + 1, "not added");
    AIRSSYS_ASSERT(read->sources.back().pattern == source.pattern && read->dev_mode == config.dev_mode, "not what was added");
  }
  if (const auto removed = without_source(text, "T", 1)) {
    const auto read = parse_trust_config(*removed, "T");
    AIRSSYS_ASSERT(read && read->sources.size() + 1 == config.sources.size(), "not removed");
    AIRSSYS_ASSERT(read->revoked.size() == config.revoked.size() && read->dev_mode == config.dev_mode, "something else changed");
  }
  if (const auto changed = with_dev_mode(text, "T", !config.dev_mode)) {
    const auto read = parse_trust_config(*changed, "T");
    AIRSSYS_ASSERT(read && read->dev_mode != config.dev_mode && read->sources.size() == config.sources.size(), "not changed");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_trust_config(text, "T");
  if (config) {
    for (const TrustSource& source : config->sources) {
      AIRSSYS_ASSERT(!source.description.empty(), "description");
      AIRSSYS_ASSERT(source.key.has_value() == (source.kind == TrustSource::Kind::signature), "key");
    }
    check_changes(text, *config);
  } else {
    const std::string_view message = config.error().message();
    AIRSSYS_ASSERT(config.error().code() == Code::invalid_configuration && message.starts_with("T:"), "code or place");
    for (const char c : message)
      AIRSSYS_ASSERT(c == '\n' || (c >= 0 ? c >= ' ' && c != '\x7f' : true), "a control byte reaches the terminal");
  }
  if (const auto list = parse_forbidden_list(text, "T"))
    AIRSSYS_ASSERT(list->all().size() <= ForbiddenList::max_entries, "more than may be");
  else
    AIRSSYS_ASSERT(list.error().code() == Code::invalid_configuration && list.error().message().starts_with("T:"), "place");
  return 0;
}
