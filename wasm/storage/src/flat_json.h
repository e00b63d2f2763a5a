// FlatJson: a line that is one JSON object of texts and whole numbers, read strictly. Each key is asked for once; what is wrong
// first is what is said. No tree is built of it. Threads: one.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/base/time.h"

namespace airssys::wasm {

class FlatJson {
 public:
  // What is no such object, or not UTF-8, or has a key twice: corrupt, in words. `known` are all keys that there may be, for
  // "did you mean"; it outlives this.
  [[nodiscard]] static Result<FlatJson> parse(std::string_view line, std::span<const std::string_view> known);

  [[nodiscard]] bool has(std::string_view name) const;
  // Each is an empty value where it is missing or of another type.
  std::string text(std::string_view name);
  std::uint64_t number(std::string_view name);
  // RFC 3339, with any offset.
  WallTime time(std::string_view name);
  // 64 lowercase hex digits.
  std::string sha256(std::string_view name);

  void say(std::string what);
  // corrupt: what was said first.
  [[nodiscard]] Result<> good() const;
  // After each key that there may be was asked for: a key that nobody asked for is wrong too.
  [[nodiscard]] Result<> done();

 private:
  struct Field {
    std::string name;
    std::optional<std::string> text = {};
    std::optional<std::uint64_t> number = {};
    bool asked = false;
  };
  class Reader;
  explicit FlatJson(std::span<const std::string_view> known) : known_(known) {}
  Field* take(std::string_view name);

  std::span<const std::string_view> known_;
  std::vector<Field> fields_;
  std::string wrong_;
};

}  // namespace airssys::wasm
