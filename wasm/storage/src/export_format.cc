#include "airssys/wasm/storage/export_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "airssys/base/text.h"
#include "airssys/wasm/core/base64.h"
#include "airssys/wasm/core/rfc3339.h"

namespace airssys::wasm {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 11> known{"type",   "version",   "backend", "created", "keys",     "bytes",
                                                 "sha256", "component", "key",     "value",   "timestamp"};
constexpr std::size_t max_backend_bytes = 64;

std::unexpected<Error> wrong(std::string what) { return fail(Code::corrupt, std::move(what)); }

// Takes one flat object of texts and whole numbers off the parser, without building a tree of it.
class Fields final : public nlohmann::json_sax<Json> {
 public:
  bool start_object(std::size_t) override {
    if (std::exchange(begun_, true)) return say(fmt::format("{} is an object; only texts and numbers are allowed", at()));
    return true;
  }
  bool key(std::string& name) override {
    const auto same = [&](const Field& field) { return field.name == name; };
    if (std::ranges::any_of(fields_, same)) return say(fmt::format("the key {} is there twice", airssys::quoted(name)));
    if (fields_.size() == max_fields) return say(fmt::format("more than {} keys", max_fields));
    fields_.push_back({.name = std::move(name), .text = {}, .number = {}});
    return true;
  }
  bool string(std::string& text) override {
    if (fields_.empty()) return no_object();
    fields_.back().text = std::move(text);
    return true;
  }
  bool number_unsigned(std::uint64_t number) override {
    if (fields_.empty()) return no_object();
    fields_.back().number = number;
    return true;
  }
  bool number_integer(std::int64_t) override { return refuse("a negative number"); }
  bool number_float(double, const std::string&) override { return refuse("no whole number"); }
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a boolean"); }
  bool binary(Json::binary_t&) override { return refuse("binary"); }
  bool start_array(std::size_t) override { return refuse("a list"); }
  bool end_array() override { return true; }
  bool end_object() override { return true; }
  bool parse_error(std::size_t byte, const std::string&, const Json::exception&) override {
    return say(fmt::format("no JSON at byte {} of the line", byte));
  }

  // What the parser did not take. None: all is well so far.
  [[nodiscard]] Result<> parsed() const {
    if (!wrong_.empty()) return wrong(wrong_);
    return {};
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string text(std::string_view name) {
    Field* const field = take(name);
    if (!field) return {};
    if (!field->text) say(fmt::format("'{}' is no text", name));
    return field->text ? std::move(*field->text) : std::string();
  }
  std::uint64_t number(std::string_view name) {
    Field* const field = take(name);
    if (!field) return 0;
    if (!field->number) say(fmt::format("'{}' is no whole number", name));
    return field->number.value_or(0);
  }
  bool say(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
    return false;
  }
  // After each that there may be was asked for.
  [[nodiscard]] Result<> done() {
    for (const Field& field : fields_) {
      if (field.asked) continue;
      const std::string_view near = nearest(field.name, known);
      say(fmt::format("the key {} is unknown{}", airssys::quoted(field.name),
                      near.empty() || near == field.name ? " here" : fmt::format("; did you mean '{}'?", near)));
    }
    return parsed();
  }

 private:
  struct Field {
    std::string name;
    std::optional<std::string> text;
    std::optional<std::uint64_t> number;
    bool asked = false;
  };
  static constexpr std::size_t max_fields = 16;

  [[nodiscard]] std::string at() const { return airssys::quoted(fields_.empty() ? "" : fields_.back().name); }
  bool no_object() { return say("no object; write one of {…} on each line"); }
  bool refuse(std::string_view what) {
    return fields_.empty() ? no_object() : say(fmt::format("{} is {}; only texts and whole numbers are allowed", at(), what));
  }
  [[nodiscard]] const Field* find(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &Field::name);
    return found == fields_.end() ? nullptr : &*found;
  }
  Field* take(std::string_view name) {
    const auto found = std::ranges::find(fields_, name, &Field::name);
    if (found == fields_.end()) {
      say(fmt::format("'{}' is missing", name));
      return nullptr;
    }
    found->asked = true;
    return &*found;
  }

  std::vector<Field> fields_;
  std::string wrong_;
  bool begun_ = false;
};

// RFC 3339 allows more than we write: an offset, which Python's isoformat() has, and small letters.
std::optional<WallTime> parse_any_rfc3339(std::string text) {
  constexpr std::string_view zone = "+00:00";
  std::ranges::transform(text, text.begin(), [](char c) { return c == 't' ? 'T' : c == 'z' ? 'Z' : c; });
  if (text.ends_with('Z')) return parse_rfc3339(text);
  if (text.size() <= zone.size()) return std::nullopt;
  const std::string_view offset = std::string_view(text).substr(text.size() - zone.size());
  const auto digit = [&](std::size_t at) { return offset[at] >= '0' && offset[at] <= '9' ? offset[at] - '0' : 100; };
  const int hours = 10 * digit(1) + digit(2), minutes = 10 * digit(4) + digit(5);
  if ((offset[0] != '+' && offset[0] != '-') || offset[3] != ':' || hours > 23 || minutes > 59) return std::nullopt;
  const auto local = parse_rfc3339(text.substr(0, text.size() - zone.size()) + "Z");
  const auto away = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  if (!local) return std::nullopt;
  return offset[0] == '+' ? *local - away : *local + away;
}

WallTime time_of(Fields& fields, std::string_view name) {
  const auto time = parse_any_rfc3339(fields.text(name));
  if (!time) fields.say(fmt::format("'{}' is no time; write it as 2026-01-31T12:00:00Z", name));
  return time.value_or(WallTime{});
}

bool is_sha256(std::string_view text) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 64 && std::ranges::all_of(text, hex);
}

Bytes bytes_of(Fields& fields, std::string_view name) {
  auto bytes = bytes_from_base64(fields.text(name));
  if (!bytes) fields.say(fmt::format("'{}' is no base64 with padding", name));
  return bytes ? *std::move(bytes) : Bytes();
}

Result<ExportLine> header_of(Fields& fields) {
  // First of all: another version may have other keys.
  const std::uint64_t version = fields.number("version");
  AIRSSYS_TRY_VOID(fields.parsed());
  if (version != storage_export_version)
    return fail(Code::version_mismatch,
                fmt::format("an export of version {}; this program reads version {}", version, storage_export_version));
  ExportHeader header{.backend = fields.text("backend"), .created = time_of(fields, "created")};
  if (header.backend.size() > max_backend_bytes) fields.say(fmt::format("'backend' has more than {} bytes", max_backend_bytes));
  AIRSSYS_TRY_VOID(fields.done());
  return header;
}

Result<ExportLine> trailer_of(Fields& fields) {
  ExportTrailer trailer{.keys = fields.number("keys"), .bytes = fields.number("bytes"), .sha256 = fields.text("sha256")};
  if (!is_sha256(trailer.sha256)) fields.say("'sha256' is not 64 lowercase hex digits");
  AIRSSYS_TRY_VOID(fields.done());
  return trailer;
}

// What the store's own keys begin with in the backend; empty: other stores' keys never had it in an export.
std::string tolerated_prefix(const StoreId& store) {
  return store.is_shared() || store.account() != store ? std::string() : store.prefix();
}

Result<ExportLine> entry_of(Fields& fields) {
  const std::string component = fields.text("component");
  const Bytes key_bytes = bytes_of(fields, "key");
  Bytes value = bytes_of(fields, "value");
  if (fields.has("timestamp")) time_of(fields, "timestamp");
  AIRSSYS_TRY_VOID(fields.done());
  auto store = StoreId::parse(component);
  if (!store) return wrong(fmt::format("'component': {}", store.error().message()));
  std::string_view key = key_bytes.text();
  if (const std::string prefix = tolerated_prefix(*store); !prefix.empty() && key.starts_with(prefix))
    key.remove_prefix(prefix.size());
  if (const std::string mistake = storage_key_mistake(key); !mistake.empty()) return wrong(fmt::format("'key': {}", mistake));
  if (value.size() > max_storage_value_bytes)
    return wrong(fmt::format("'value' has {} bytes; the most is {}", value.size(), max_storage_value_bytes));
  return ExportEntry{.store = *std::move(store), .key = std::string(key), .value = std::move(value)};
}

}  // namespace

Result<ExportLine> parse_export_line(std::string_view line) {
  if (line.size() > max_export_line_bytes)
    return wrong(fmt::format("a line of {} bytes; the most is {}", line.size(), max_export_line_bytes));
  Fields fields;
  const bool whole = Json::sax_parse(line, &fields);
  AIRSSYS_TRY_VOID(fields.parsed());
  if (!whole) return wrong("no JSON");
  if (!fields.has("type")) return entry_of(fields);
  const std::string type = fields.text("type");
  AIRSSYS_TRY_VOID(fields.parsed());
  if (type == "header") return header_of(fields);
  if (type == "trailer") return trailer_of(fields);
  return wrong(fmt::format("'type' is {}; there are header and trailer, and entries have none", airssys::quoted(type)));
}

std::string export_line(const ExportHeader& header) {
  return fmt::format("{{\"type\":\"header\",\"version\":{},\"backend\":{},\"created\":\"{}\"}}\n", storage_export_version,
                     Json(header.backend).dump(-1, ' ', false, Json::error_handler_t::replace), format_rfc3339(header.created));
}

std::string export_line(const ExportTrailer& trailer) {
  return fmt::format("{{\"type\":\"trailer\",\"keys\":{},\"bytes\":{},\"sha256\":\"{}\"}}\n", trailer.keys, trailer.bytes,
                     trailer.sha256);
}

// Nothing in it needs an escape.
std::string export_line(const StoreId& store, std::string_view key, std::string_view value, std::string_view at) {
  std::string whole;
  if (const std::string prefix = tolerated_prefix(store); !prefix.empty() && key.starts_with(prefix)) {
    whole = prefix;
    key = whole.append(key);
  }
  return fmt::format("{{\"component\":\"{}\",\"key\":\"{}\",\"value\":\"{}\",\"timestamp\":\"{}\"}}\n", store.text(),
                     to_base64(std::as_bytes(std::span(key))), to_base64(std::as_bytes(std::span(value))), at);
}

}  // namespace airssys::wasm
