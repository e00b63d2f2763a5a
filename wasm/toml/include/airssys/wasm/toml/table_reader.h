// Reads the keys of one table by their types. Whatever is wrong is a mistake in Problems, and the answer then is empty, as it
// is for a key that is not there; so a caller reads on, and all mistakes come to light.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/wasm/toml/problems.h"
#include "airssys/wasm/toml/toml_document.h"

namespace airssys::wasm {

// An older name of a key. With a factor it holds an integer, and that many times it is the key's unit (bytes, milliseconds).
struct Alias {
  std::string_view name;
  std::uint64_t factor = 0;
};

struct Key {
  std::string_view name;
  std::string_view example;  // as it stands in a file: `"4MiB"`
  std::span<const Alias> aliases = {};
};

struct Range {
  std::uint64_t least, most;
};

struct PlacedText {
  std::string text;
  Place place;
};

class TableReader {
 public:
  // `title` is for messages: "[package]".
  TableReader(Problems& problems, std::string title) : problems_(problems), title_(std::move(title)) {}
  // Adds a table's keys; two tables are one when the second has an old name. Lives as long as the reader.
  void add(const Value& table);

  // The table's place, or the document's beginning when there is none.
  [[nodiscard]] Place place() const noexcept { return place_; }
  [[nodiscard]] const std::string& title() const noexcept { return title_; }

  // By the name or an alias of it; the caller advises about an alias, which the typed calls below do by themselves.
  const Entry* find(const Key& key);
  // Whether it is of that kind; a mistake when not. `wanted` is "a string", …
  bool expect(const Entry& entry, ValueKind kind, std::string_view wanted, const Key& key);
  std::optional<PlacedText> text(const Key& key);
  std::optional<std::uint64_t> integer(const Key& key, Range range);
  // Bytes; from a size string.
  std::optional<std::uint64_t> size(const Key& key, Range range);
  // The index of what stands there in `choices`.
  std::optional<std::size_t> choice(const Key& key, std::span<const std::string_view> choices);
  std::optional<std::size_t> pick(const PlacedText& said, const Key& key, std::span<const std::string_view> choices);
  // Empty when the key is not there or wrong. An old spelling may hold one string instead of a list.
  std::vector<PlacedText> texts(const Key& key);
  std::vector<PlacedText> texts_of(const Entry& entry, const Key& key);
  // Adds all tables of that name or an alias of it to `into`.
  void tables(const Key& key, TableReader& into);

  // As find, but without counting as asked for.
  [[nodiscard]] const Entry* entry(const Key& key) const noexcept;
  [[nodiscard]] bool has(const Key& key) const noexcept { return entry(key) != nullptr; }
  // Of a table with free keys: these.
  [[nodiscard]] std::vector<std::string_view> keys() const;
  // A mistake when it is not there.
  void require(const Key& key, Code code = Code::invalid_configuration);
  // Whether a table was added.
  [[nodiscard]] bool present() const noexcept { return present_; }

  // After all keys were asked for: what else stands there is a mistake, with the nearest name. `later` are keys of the schema
  // that this version does not implement.
  void finish(std::span<const std::string_view> later = {});

  // A warning "'<key>' is an old spelling; <instead>".
  void advise(const Entry& entry, std::string_view instead);
  // A mistake "'<spelled>' <what>; write <key> = <example>".
  void wrong(Place place, std::string_view spelled, std::string_view what, const Key& key);

 private:
  struct Seen {
    const Entry* entry;
    bool asked = false;
  };
  // What stands there, and by which alias, if by one.
  struct Found {
    const Entry* entry = nullptr;
    const Alias* alias = nullptr;
  };
  Found look_up(const Key& key);
  using Show = std::string (*)(std::uint64_t);
  // An integer, times the alias's factor.
  std::optional<std::uint64_t> counted(const Found& found, const Key& key, Range range, Show show);
  std::optional<std::uint64_t> within(std::uint64_t value, Range range, Show show, const Found& found, const Key& key);
  void advise_rename(const Found& found, const Key& key);

  Problems& problems_;
  std::string title_;
  Place place_;
  bool present_ = false;
  std::vector<Seen> entries_;
  std::vector<std::string_view> known_;
};

}  // namespace airssys::wasm
