#include "home.h"

namespace airssys::cli {

std::string_view variable(const Context& context, std::string_view name) {
  const auto found = context.environment.find(name);
  return found == context.environment.end() ? std::string_view() : std::string_view(found->second);
}

Result<Home> find_home(const Context& context) {
  if (const auto home = variable(context, "AIRSSYS_WASM_HOME"); !home.empty()) return Home(home);
  if (const auto user = variable(context, "HOME"); !user.empty()) return Home(std::filesystem::path(user) / ".airssys");
  return fail(Code::invalid_configuration,
              "no home folder is known, in which keys and decisions are kept; set AIRSSYS_WASM_HOME or HOME");
}

}  // namespace airssys::cli
