#include "records.h"

#include <fmt/format.h>

#include "airssys/wasm/security/audit_verify.h"
#include "airssys/wasm/security/forbidden_config.h"
#include "home.h"

namespace airssys::cli {

namespace fs = std::filesystem;

Result<std::vector<fs::path>> audit_logs_at_home(const Context& context) {
  AIRSSYS_TRY(const Home home, find_home(context));
  auto folders = wasm::audit_folders(home.audit());
  if (folders.empty())
    return fail(Code::not_found,
                fmt::format("{}: there is no audit log yet; `airssys-wasm run` begins one", home.audit().native()));
  return folders;
}

Result<std::vector<fs::path>> audit_files_of(const std::vector<fs::path>& named, const Context& context) {
  if (!named.empty()) return named;
  AIRSSYS_TRY(const auto folders, audit_logs_at_home(context));
  std::vector<fs::path> files;
  for (const fs::path& folder : folders) {
    AIRSSYS_TRY(const auto some, wasm::audit_files(folder));
    files.insert(files.end(), some.begin(), some.end());
  }
  return files;
}

Result<wasm::ForbiddenList> forbidden_list(const Context& context) {
  const auto home = find_home(context);
  return home ? wasm::read_forbidden_list(home->forbidden_capabilities()) : wasm::ForbiddenList::defaults();
}

}  // namespace airssys::cli
