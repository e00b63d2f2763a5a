// Component.toml: whatever the bytes are, reading ends with a manifest that keeps its promises, or with mistakes for people.
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/component/manifest.h"

using namespace airssys;
using namespace airssys::wasm;

namespace {

void check_manifest(const Manifest& manifest) {
  AIRSSYS_ASSERT(ComponentName::parse(manifest.package.name.text()).has_value(), "name");
  AIRSSYS_ASSERT(!manifest.package.authors.empty(), "authors");
  const Resources& resources = manifest.resources;
  AIRSSYS_ASSERT(resources.max_memory >= min_max_memory && resources.max_memory <= max_memory_ceiling, "{}",
                 resources.max_memory);
  AIRSSYS_ASSERT(resources.max_stack >= min_max_stack && resources.max_stack <= max_stack_ceiling, "{}", resources.max_stack);
  AIRSSYS_ASSERT(resources.initial_memory.value_or(0) <= resources.max_memory, "initial memory past the limit");
  AIRSSYS_ASSERT(resources.max_fuel_per_execution >= 1 && resources.max_execution_time.count() > 0, "a call without a limit");
  AIRSSYS_ASSERT(manifest.deployment.restart_window.count() > 0 && manifest.deployment.start_timeout.count() > 0, "durations");
  if (manifest.build) {
    AIRSSYS_ASSERT(manifest.build->output.is_relative() && !manifest.build->output.empty(), "output");
    for (const auto& part : manifest.build->output) AIRSSYS_ASSERT(part != "..", "output leaves the folder");
  }
}

void check_refusal(const Error& error) {
  AIRSSYS_ASSERT(error.code() == Code::invalid_configuration || error.code() == Code::missing_resource_limits, "code");
  const std::string_view message = error.message();
  AIRSSYS_ASSERT(message.starts_with("C:") && utf8_prefix(message) == message.size(), "not readable");
  for (char c : message)
    AIRSSYS_ASSERT(c == '\n' || (c >= 0 ? c >= ' ' && c != '\x7f' : true), "a control byte reaches the terminal");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = parse_manifest({reinterpret_cast<const char*>(data), size}, "C");
  if (manifest)
    check_manifest(*manifest);
  else
    check_refusal(manifest.error());
  return 0;
}
