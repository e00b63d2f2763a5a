#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string_view>
#include <vector>

#include "airssys/wasm/core/codec_set.h"
#include "commands.h"
#include "json_text.h"
#include "project.h"

namespace airssys::cli {
namespace {

using Names = std::vector<std::string_view>;

// What one of the two says of itself.
struct Party {
  std::string name;
  wasm::Serialization serialization;
  Names codecs;  // that it may send in: those that it names, or all that there are
};

Result<Party> read_party(const std::filesystem::path& folder) {
  AIRSSYS_TRY(const ManifestFile file, read_manifest_file({.folder = folder, .manifest = {}, .wasm = {}}));
  Party party{.name = std::string(file.manifest.package.name.text()), .serialization = file.manifest.serialization, .codecs = {}};
  for (const std::uint64_t code : party.serialization.codecs.codes()) party.codecs.push_back(wasm::find_codec(code)->name);
  if (!party.serialization.codecs.says_nothing()) return party;
  for (const wasm::Codec& codec : wasm::codecs())
    if (codec.supported) party.codecs.push_back(codec.name);
  return party;
}

// What the host says to messages of one of them to the other (R5.15).
struct Direction {
  const Party& from;
  const Party& to;
  Names taken = {}, refused = {};
  const wasm::Codec* proposed = nullptr;  // to whoever sends what is refused; null: there is nothing to propose

  Direction(const Party& sender, const Party& receiver)
      : from(sender),
        to(receiver),
        proposed(wasm::find_common_codec(sender.serialization.codecs, receiver.serialization.codecs)) {
    for (const std::string_view name : sender.codecs)
      (receiver.serialization.codecs.takes(wasm::find_codec(name)->code) ? taken : refused).push_back(name);
  }
};

Json party_json(const Party& party) {
  const wasm::Serialization& said = party.serialization;
  return {{"name", party.name},
          {"codecs", said.codecs.says_nothing() ? Json() : Json(party.codecs)},
          {"preferred", said.preferred ? Json(wasm::codec_text(*said.preferred)) : Json()}};
}

Json direction_json(const Direction& one) {
  return {{"from", one.from.name},
          {"to", one.to.name},
          {"taken", one.taken},
          {"refused", one.refused},
          {"proposed", one.proposed ? Json(one.proposed->name) : Json()}};
}

std::string party_text(const Party& party) {
  const wasm::Serialization& said = party.serialization;
  if (said.codecs.says_nothing()) return fmt::format("{} names no codecs: all that the host knows\n", party.name);
  return fmt::format("{} names {}\n", party.name, fmt::join(party.codecs, ", "));
}

std::string direction_text(const Direction& one, Paint paint) {
  std::string text = fmt::format("{} -> {}\n", one.from.name, one.to.name);
  if (!one.taken.empty()) text += fmt::format("  {}    {}\n", paint(Colour::green, "taken"), fmt::join(one.taken, ", "));
  if (!one.refused.empty())
    text += fmt::format("  {}  {}{}\n", paint(Colour::red, "refused"), fmt::join(one.refused, ", "),
                        one.proposed ? fmt::format("; the host proposes {}", one.proposed->name) : "");
  return text;
}

}  // namespace

Exit perform(const CompatibilityOptions& options, const Settings& settings, Context& context) {
  const auto first = read_party(options.first);
  if (!first) return end_with(first.error(), settings, context);
  const auto second = read_party(options.second);
  if (!second) return end_with(second.error(), settings, context);
  const std::array ways{Direction(*first, *second), Direction(*second, *first)};
  const Names& common = ways[0].taken;
  if (settings.json) {
    context.console.out(json_text({{"components", {party_json(*first), party_json(*second)}},
                                   {"common", common},
                                   {"directions", {direction_json(ways[0]), direction_json(ways[1])}}}));
  } else {
    context.console.out(
        fmt::format("{}{}{}{}{}\n", party_text(*first), party_text(*second), direction_text(ways[0], settings.out),
                    direction_text(ways[1], settings.out),
                    common.empty() ? "they have no codec in common" : fmt::format("in common: {}", fmt::join(common, ", "))));
  }
  return common.empty() ? Exit::general : Exit::ok;
}

}  // namespace airssys::cli
