#include "airssys/wasm/wit/packages.h"

#include "airssys/wasm/bridge/handles.h"
#include "airssys/wasm/bridge/wit.h"

namespace airssys::wasm {
namespace {

std::string owned(aw_str text) { return std::string(from_bridge(text)); }

void add_function(void* to, const aw_wit_function* one) noexcept {
  static_cast<std::vector<WitFunction>*>(to)->push_back(
      {owned(one->interface), owned(one->name), owned(one->type), owned(one->needs), owned(one->problem)});
}

void add_difference(void* to, const aw_wit_difference* one) noexcept {
  static_cast<std::vector<WitDifference>*>(to)->push_back(
      {static_cast<WitChange>(one->change), one->breaks != 0, owned(one->item), owned(one->before), owned(one->after)});
}

}  // namespace

Result<std::vector<WitFunction>> wit_functions(const std::filesystem::path& path) {
  const std::string text = path.string();
  std::vector<WitFunction> functions;
  AIRSSYS_TRY_VOID(check(aw_wit_check(to_bridge(std::string_view(text)), nullptr, add_function, &functions)));
  return functions;
}

Result<std::vector<WitFunction>> wit_functions_of(std::string_view text) {
  const aw_str package = to_bridge(text);
  std::vector<WitFunction> functions;
  AIRSSYS_TRY_VOID(check(aw_wit_check({}, &package, add_function, &functions)));
  return functions;
}

std::string_view wit_change_name(WitChange change) noexcept {
  switch (change) {
    case WitChange::removed: return "removed";
    case WitChange::changed: return "changed";
    case WitChange::added: return "added";
    case WitChange::deprecated: return "deprecated";
  }
  return "unknown";
}

Result<std::vector<WitDifference>> wit_differences(const std::filesystem::path& before, const std::filesystem::path& after) {
  const std::string old_path = before.string(), new_path = after.string();
  std::vector<WitDifference> differences;
  AIRSSYS_TRY_VOID(check(
      aw_wit_diff(to_bridge(std::string_view(old_path)), to_bridge(std::string_view(new_path)), add_difference, &differences)));
  return differences;
}

}  // namespace airssys::wasm
