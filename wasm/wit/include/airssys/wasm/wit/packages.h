// What WIT packages say: which functions a host offers and what a caller needs for each (R2.5), and what changed between two
// versions of a package (R2.6).
//
// A path is a folder of WIT files with its `deps/`, or one file; empty: the host's own packages, built in. WIT that does not
// parse: invalid_component, with the place in the file.
// Threads: any. Memory and time grow with the input, which is the developer's own.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"

namespace airssys::wasm {

struct WitFunction {
  std::string interface;  // "airssys:core/messaging@1.0.0"
  std::string name;
  std::string type;
  std::string needs;      // "messaging.send(target)", "none"; empty when there is a problem
  std::string problem;    // with its annotation, after its place; empty: none
};

// Functions of interfaces that are not only exported, in the order of the files.
[[nodiscard]] Result<std::vector<WitFunction>> wit_functions(const std::filesystem::path& path);
// The same of one package as text.
[[nodiscard]] Result<std::vector<WitFunction>> wit_functions_of(std::string_view text);

enum class WitChange : std::uint8_t { removed, changed, added, deprecated };
// "removed", "changed", "added", "deprecated".
[[nodiscard]] std::string_view wit_change_name(WitChange change) noexcept;

struct WitDifference {
  WitChange change = WitChange::removed;
  bool breaks = false;        // what was built against the old one
  std::string item;           // "airssys:core/messaging.send-message"
  std::string before, after;  // its type; empty where it is not there. Of deprecated: "", "deprecated since 1.1.0"
};

// Removed and changed items break, and so does what a world newly asks its components to export; what is added else does not. An
// item with a `@deprecated` that it did not have is named for that beside its other changes: it stays for this major version.
[[nodiscard]] Result<std::vector<WitDifference>> wit_differences(const std::filesystem::path& before,
                                                                 const std::filesystem::path& after);

}  // namespace airssys::wasm
