// One line of JSON, read strictly: an object, whose keys are each asked for once; what is wrong first is what is said.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"
#include "airssys/base/time.h"

namespace airssys::wasm {

// Keys stay in the order in which they are written.
using Json = nlohmann::ordered_json;

// An object without a key that is there twice, and not nested deeper than any line of the protocol. Otherwise invalid_argument,
// with what is wrong at which byte.
[[nodiscard]] Result<Json> parse_json_line(std::string_view line);

// With its line feed; text that is not UTF-8 with replacement characters.
[[nodiscard]] std::string json_line(const Json& document);

// Threads: one. `object` outlives it.
class JsonFields {
 public:
  explicit JsonFields(const Json& object);

  // It may be there.
  [[nodiscard]] bool has(const char* name) {
    asked_.emplace_back(name);
    return object_.contains(name);
  }
  // Each is an empty value where it is wrong.
  std::string text(const char* name, std::size_t max_bytes);
  std::uint64_t number(const char* name, std::uint64_t least, std::uint64_t most);
  bool flag(const char* name);
  Bytes base64(const char* name);
  // The name of a codec of the registry.
  std::uint64_t known_codec(const char* name);
  // As codec_text writes it.
  std::uint64_t any_codec(const char* name);
  // None where it is null.
  std::optional<std::uint64_t> codec_or_null(const char* name);
  WallTime time(const char* name);
  const Json& array(const char* name, std::size_t most);
  const Json& object(const char* name);

  // invalid_argument: the first thing that was wrong, or a key that nobody asked for.
  [[nodiscard]] Result<> done();

 private:
  const Json* take(const char* name, const char* kind, bool (Json::*is)() const noexcept);
  void say(std::string what);

  const Json& object_;
  std::vector<std::string_view> asked_;
  std::string wrong_;
};

}  // namespace airssys::wasm
