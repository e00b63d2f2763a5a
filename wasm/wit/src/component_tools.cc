#include "airssys/wasm/wit/component_tools.h"

#include "airssys/wasm/bridge/bridge.h"
#include "airssys/wasm/bridge/handles.h"

namespace airssys::wasm {

Result<std::vector<GeneratedFile>> generate_bindings(std::string_view language, const std::filesystem::path& wit,
                                                     std::string_view world) {
  const std::string folder = wit.string();
  std::vector<GeneratedFile> files;
  constexpr auto add = [](void* context, aw_str name, aw_bytes content) noexcept {
    const auto bytes = from_bridge(content);
    static_cast<std::vector<GeneratedFile>*>(context)->push_back(
        {std::string(from_bridge(name)), std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
  };
  AIRSSYS_TRY_VOID(check(aw_generate_bindings(to_bridge(language), to_bridge(folder), to_bridge(world), add, &files)));
  return files;
}

Result<Bytes> componentize(std::span<const std::byte> module, const std::filesystem::path& wit, std::string_view world) {
  const std::string folder = wit.string();
  BridgeBuffer component;
  AIRSSYS_TRY_VOID(check(aw_encode_component(to_bridge(module), to_bridge(folder), to_bridge(world), component.out())));
  return Bytes::copy_of(component.bytes());
}

}  // namespace airssys::wasm
