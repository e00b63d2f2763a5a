#include "serialization_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "airssys/wasm/core/multicodec.h"

namespace airssys::wasm {
namespace {

bool has(const std::vector<std::uint64_t>& codes, std::uint64_t code) { return std::ranges::find(codes, code) != codes.end(); }

std::string known_names() {
  std::string names;
  for (const Codec& codec : codecs())
    if (codec.supported) names.append(names.empty() ? "" : ", ").append(codec.name);
  return names;
}

std::optional<std::uint64_t> code_of(const PlacedText& said, const Key& key, TableReader& table) {
  const Codec* const codec = find_codec(said.text);
  if (codec && codec->supported) return codec->code;
  table.wrong(said.place, key.name, fmt::format("has no codec '{}'; there are {}", said.text, known_names()), key);
  return std::nullopt;
}

}  // namespace

Serialization read_serialization(TableReader& table, Problems& problems) {
  static constexpr Alias lists[]{{"supported-formats"}, {"supported-receive-formats"}};
  static constexpr Alias preferred[]{{"primary-format"}, {"primary-send-format"}};
  const Key codecs_key{"supported_codecs", R"(["borsh", "json"])", lists};
  const Key preferred_key{"preferred_codec", R"("borsh")", preferred};
  std::vector<std::uint64_t> codes;
  for (const PlacedText& name : table.texts(codecs_key)) {
    const auto code = code_of(name, codecs_key, table);
    if (!code) continue;
    if (has(codes, *code))
      problems.mistake(name.place, fmt::format("'{}' names {} twice; remove one of them", codecs_key.name, name.text));
    else
      codes.push_back(*code);
  }
  Serialization serialization;
  if (const auto name = table.text(preferred_key)) {
    if (const auto code = code_of(*name, preferred_key, table)) {
      if (!codes.empty() && !has(codes, *code))
        problems.mistake(name->place, fmt::format("'{}' is {}, which supported_codecs does not name; add it there",
                                                  preferred_key.name, name->text));
      serialization.preferred = *code;
    }
  } else if (!codes.empty()) {
    serialization.preferred = codes.front();
  }
  table.finish();
  serialization.codecs = CodecSet(std::move(codes));
  return serialization;
}

}  // namespace airssys::wasm
