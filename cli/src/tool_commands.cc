#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "airssys/base/units.h"
#include "commands.h"
#include "files.h"
#include "json.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;

// A core module is smaller than the component made of it.
constexpr std::uint64_t max_module_bytes = std::uint64_t{64} << 20;

bool has_content(const fs::path& path, std::string_view content) {
  std::error_code missing;
  if (fs::file_size(path, missing) != content.size() || missing) return false;
  const auto there = read_file(path, content.size());
  return there && there->text() == content;
}

Result<> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Code::io, fmt::format("{}: the folder cannot be made: {}", folder.string(), error.message()));
  return {};
}

Result<> write_bindings(std::span<const wasm::GeneratedFile> files, const fs::path& folder, std::vector<std::string>& written,
                        std::vector<std::string>& unchanged) {
  for (const wasm::GeneratedFile& file : files) {
    const fs::path path = folder / file.name;
    AIRSSYS_TRY_VOID(make_folder(path.parent_path()));
    if (has_content(path, file.content)) {
      unchanged.push_back(path.string());
      continue;
    }
    AIRSSYS_TRY_VOID(write_file(path, std::as_bytes(std::span(file.content))));
    written.push_back(path.string());
  }
  return {};
}

}  // namespace

Exit perform(const ComponentizeOptions& options, const Settings& settings, Context& context) {
  const auto make = [&]() -> Result<Bytes> {
    AIRSSYS_TRY(const Bytes module, read_file(options.module, max_module_bytes));
    auto component = context.backend.componentize(module.span(), options.wit, options.world);
    if (!component) return std::unexpected(std::move(component).error().within(options.module.string()));
    AIRSSYS_TRY_VOID(write_file(options.output, component->span()));
    return *std::move(component);
  };
  const auto component = make();
  if (!component) return end_with(component.error(), settings, context);
  const std::string name = options.output.string();
  context.console.out(settings.json ? files_json({&name, 1}, {})
                                    : fmt::format("{}, {}\n", printable(name), format_size(component->size())));
  return Exit::ok;
}

Exit perform(const BindgenOptions& options, const Settings& settings, Context& context) {
  const auto files = context.backend.generate_bindings(options.language, options.wit, options.world);
  if (!files) return end_with(files.error(), settings, context);
  std::vector<std::string> written, unchanged;
  if (const auto done = write_bindings(*files, options.output, written, unchanged); !done)
    return end_with(done.error(), settings, context);
  if (settings.json) {
    context.console.out(files_json(written, unchanged));
    return Exit::ok;
  }
  for (const std::string& name : written) context.console.out(fmt::format("{}\n", printable(name)));
  for (const std::string& name : unchanged) context.console.out(fmt::format("{} (unchanged)\n", printable(name)));
  return Exit::ok;
}

}  // namespace airssys::cli
