// What a developer's build needs to make a component: bindings from WIT, and a component from a core module. Library crates
// behind the bridge do the work, so that no other tool is installed.
//
// Threads: any. Memory and time grow with the input, which is the developer's own.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"

namespace airssys::wasm {

struct GeneratedFile {
  std::string name, content;
};

// Bindings for a guest of `world` in `language`: "c", "cpp" (those of C, and owners for what they leave to free), "go" or "rust";
// names may have folders in them. `wit` is a folder of WIT files, one package; empty: the host's own package, built in.
// WIT that does not parse, or a world that is not there: invalid_component, with the place in the file.
[[nodiscard]] Result<std::vector<GeneratedFile>> generate_bindings(std::string_view language, const std::filesystem::path& wit,
                                                                   std::string_view world);

// Core module (binary, or WAT text) → component of `world`, `wit` as above. Both empty: the module carries its world in a custom
// section, as generated bindings put it there. What imports wasi_snapshot_preview1 gets an adapter to WASI 0.2. What does not
// fit together: invalid_component, naming what is missing.
[[nodiscard]] Result<Bytes> componentize(std::span<const std::byte> module, const std::filesystem::path& wit,
                                         std::string_view world);

}  // namespace airssys::wasm
