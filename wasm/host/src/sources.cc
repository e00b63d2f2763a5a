#include "sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "airssys/base/units.h"
#include "airssys/wasm/host/host.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

bool has_manifest(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / manifest_file_name, ignored);
}

}  // namespace

Result<Bytes> read_wasm(const fs::path& file, std::uint64_t max_bytes) {
  std::error_code error;
  const auto status = fs::status(file, error);
  if (!fs::exists(status))
    return fail(Code::not_found,
                fmt::format("{}: no such file; build the component first, or correct [build] output", file.string()));
  if (!fs::is_regular_file(status)) return fail(Code::invalid_argument, fmt::format("{}: not a file", file.string()));
  const std::uint64_t size = fs::file_size(file, error);
  if (error) return fail(Code::io, fmt::format("{}: {}", file.string(), error.message()));
  if (size > max_bytes)
    return fail(Code::too_large,
                fmt::format("{}: {}, a component may have {}", file.string(), format_size(size), format_size(max_bytes)));
  std::ifstream stream(file, std::ios::binary);
  bool complete = false;
  Bytes content = Bytes::make(size, [&](std::span<std::byte> to) {
    complete = static_cast<bool>(stream.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size())));
  });
  if (size > 0 && !complete) return fail(Code::io, fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
  return content;
}

Result<ComponentSource> read_component(const fs::path& folder, std::uint64_t max_bytes) {
  AIRSSYS_TRY(Manifest manifest, read_manifest(folder));
  fs::path file = folder / manifest.component_file();
  AIRSSYS_TRY(Bytes wasm, read_wasm(file, max_bytes));
  return ComponentSource{std::move(manifest), std::move(file), std::move(wasm)};
}

CompileOptions compile_options(const Manifest& manifest) noexcept {
  return {.engine_class = manifest.resources.engine_class,
          .max_memory_bytes = manifest.resources.max_memory,
          .clears_storage = !manifest.capabilities.set.of(Action::storage_admin).empty()};
}

Result<std::vector<fs::path>> component_folders(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error))
    return fail(Code::not_found, fmt::format("{}: no such file or folder; check the path", path.string()));
  if (!fs::is_directory(path, error))
    return fail(Code::invalid_argument,
                fmt::format("{}: not a folder; give the folder that holds its {}", path.string(), manifest_file_name));
  if (has_manifest(path)) return std::vector{path};
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(path, error))
    if (has_manifest(entry.path())) folders.push_back(entry.path());
  if (error) return fail(Code::io, fmt::format("{}: {}", path.string(), error.message()));
  if (folders.empty())
    return fail(Code::not_found, fmt::format("{}: no {} here, nor in a folder directly below; give a component's folder",
                                             path.string(), manifest_file_name));
  std::ranges::sort(folders);
  return folders;
}

Result<std::vector<SupervisorConfig>> supervisors_beside(std::span<const fs::path> folders) {
  std::vector<fs::path> places;
  for (const fs::path& folder : folders) {
    fs::path place = (folder / "..").lexically_normal();
    if (std::ranges::find(places, place) == places.end()) places.push_back(std::move(place));
  }
  std::vector<SupervisorConfig> all;
  for (const fs::path& place : places) {
    AIRSSYS_TRY(auto read, read_supervisors(place));
    std::ranges::move(read, std::back_inserter(all));
  }
  return order_supervisors(std::move(all));
}

Result<Inspection> inspect(const fs::path& path, const HostConfig& config, Platform& platform, LogSink& log) {
  Inspection inspection;
  Bytes wasm;
  CompileOptions options;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    AIRSSYS_TRY(ComponentSource source, read_component(path, config.engine.max_component_bytes));
    inspection.wasm_file = std::move(source.wasm_file);
    options = compile_options(source.manifest);
    inspection.manifest.push_back(std::move(source.manifest));
    wasm = std::move(source.wasm);
  } else if (!fs::exists(path, error)) {
    return fail(Code::not_found, fmt::format("{}: no such file or folder; check the path", path.string()));
  } else {
    inspection.wasm_file = path;
    AIRSSYS_TRY(wasm, read_wasm(path, config.engine.max_component_bytes));
  }
  inspection.file_bytes = wasm.size();
  AIRSSYS_TRY(const std::unique_ptr<Engine> engine, wasmtime_engine(config.engine, platform, log));
  AIRSSYS_TRY(const auto compiled, engine->compile(inspection.wasm_file.string(), wasm.span(), options));
  inspection.description = compiled->description();
  inspection.items = compiled->items();
  return inspection;
}

}  // namespace airssys::wasm
