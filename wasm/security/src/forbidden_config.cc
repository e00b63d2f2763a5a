#include "airssys/wasm/security/forbidden_config.h"

#include <fmt/format.h>

#include <array>

#include "airssys/wasm/toml/table_reader.h"
#include "private_file.h"

namespace airssys::wasm {
namespace {

struct Kind {
  Key key;
  Action action;
};
constexpr std::array kinds{Kind{{"filesystem_read", R"(["/etc/shadow"])"}, Action::filesystem_read},
                           Kind{{"filesystem_write", R"(["/boot/**"])"}, Action::filesystem_write},
                           Kind{{"network_outbound", R"(["localhost:22"])"}, Action::network_outbound},
                           Kind{{"network_inbound", R"(["0.0.0.0:22"])"}, Action::network_inbound},
                           Kind{{"process_spawn", R"(["sudo"])"}, Action::process_spawn}};

}  // namespace

Result<ForbiddenList> parse_forbidden_list(std::string_view text, std::string_view file_name) {
  Problems problems(file_name);
  auto root = parse_toml(text);
  if (!root) {
    problems.mistake(root.error().place, std::move(root.error().what));
    return std::unexpected(problems.error());
  }
  TableReader reader(problems, "the file");
  reader.add(*root);
  const ForbiddenList defaults = ForbiddenList::defaults();
  ForbiddenList list;
  const auto add = [&](Capability entry, Place place) {
    if (auto added = list.add(std::move(entry)); !added) problems.mistake(place, added.error().message());
  };
  for (const auto& [key, action] : kinds) {
    const std::vector<PlacedText> texts = reader.texts(key);
    if (!reader.has(key)) {
      for (const Capability& entry : defaults.all())
        if (entry.action == action) add(entry, {});
      continue;
    }
    for (const PlacedText& said : texts) {
      auto entry = Capability::parse(action, said.text, problems.at(said.place));
      if (entry)
        add(*std::move(entry), said.place);
      else
        problems.mistake(said.place, fmt::format("'{}' is wrong: {}", key.name, entry.error().message()));
    }
  }
  reader.finish();
  if (problems.any_mistake()) return std::unexpected(problems.error());
  return list;
}

Result<ForbiddenList> read_forbidden_list(const std::filesystem::path& file) {
  const auto text = read_private(file, max_document_bytes, Code::invalid_configuration);
  if (text) return parse_forbidden_list(*text, file.native());
  if (text.error().code() == Code::not_found) return ForbiddenList::defaults();
  return std::unexpected(text.error());
}

}  // namespace airssys::wasm
