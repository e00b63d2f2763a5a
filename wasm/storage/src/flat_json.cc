#include "flat_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "airssys/base/text.h"
#include "airssys/wasm/core/rfc3339.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t max_fields = 16;

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

}  // namespace

// What the parser finds goes straight into the fields.
class FlatJson::Reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Reader(FlatJson& into) : into_(into) {}

  bool start_object(std::size_t) override {
    if (std::exchange(begun_, true)) return refuse("an object");
    return true;
  }
  bool key(std::string& name) override {
    if (into_.has(name)) return say(fmt::format("the key {} is there twice", airssys::quoted(name)));
    if (into_.fields_.size() == max_fields) return say(fmt::format("more than {} keys", max_fields));
    into_.fields_.push_back({.name = std::move(name)});
    return true;
  }
  bool string(std::string& text) override {
    if (!begun_) return no_object();
    into_.fields_.back().text = std::move(text);
    return true;
  }
  bool number_unsigned(std::uint64_t number) override {
    if (!begun_) return no_object();
    into_.fields_.back().number = number;
    return true;
  }
  bool number_integer(std::int64_t) override { return refuse("a negative number"); }
  bool number_float(double, const std::string&) override { return refuse("no whole number"); }
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a boolean"); }
  bool binary(nlohmann::json::binary_t&) override { return refuse("binary"); }
  bool start_array(std::size_t) override { return refuse("a list"); }
  bool end_array() override { return true; }
  bool end_object() override { return true; }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception&) override {
    return say(fmt::format("no JSON at byte {} of the line", byte));
  }

 private:
  bool say(std::string what) {
    into_.say(std::move(what));
    return false;
  }
  bool no_object() { return say("no object; write one of {…} on each line"); }
  bool refuse(std::string_view what) {
    if (!begun_) return no_object();
    return say(
        fmt::format("{} is {}; only texts and whole numbers are allowed", airssys::quoted(into_.fields_.back().name), what));
  }

  FlatJson& into_;
  bool begun_ = false;
};

Result<FlatJson> FlatJson::parse(std::string_view line, std::span<const std::string_view> known) {
  FlatJson made(known);
  Reader reader(made);
  if (!nlohmann::json::sax_parse(line, &reader)) made.say("no JSON");
  AIRSSYS_TRY_VOID(made.good());
  return made;
}

bool FlatJson::has(std::string_view name) const { return std::ranges::find(fields_, name, &Field::name) != fields_.end(); }

std::string FlatJson::text(std::string_view name) {
  Field* const field = take(name);
  if (!field) return {};
  if (!field->text) say(fmt::format("'{}' is no text", name));
  return std::move(field->text).value_or("");
}

std::uint64_t FlatJson::number(std::string_view name) {
  const Field* const field = take(name);
  if (!field) return 0;
  if (!field->number) say(fmt::format("'{}' is no whole number", name));
  return field->number.value_or(0);
}

WallTime FlatJson::time(std::string_view name) {
  const auto time = parse_any_rfc3339(text(name));
  if (!time) say(fmt::format("'{}' is no time; write it as 2026-01-31T12:00:00Z", name));
  return time.value_or(WallTime{});
}

std::string FlatJson::sha256(std::string_view name) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  std::string text = this->text(name);
  if (text.size() != 64 || !std::ranges::all_of(text, hex)) say(fmt::format("'{}' is not 64 lowercase hex digits", name));
  return text;
}

void FlatJson::say(std::string what) {
  if (wrong_.empty()) wrong_ = std::move(what);
}

Result<> FlatJson::good() const { return wrong_.empty() ? Result<>() : fail(Code::corrupt, wrong_); }

Result<> FlatJson::done() {
  for (const Field& field : fields_) {
    if (field.asked) continue;
    const std::string_view near = nearest(field.name, known_);
    say(fmt::format("the key {} is unknown{}", airssys::quoted(field.name),
                    near.empty() || near == field.name ? " here" : fmt::format("; did you mean '{}'?", near)));
  }
  return good();
}

FlatJson::Field* FlatJson::take(std::string_view name) {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  if (found == fields_.end()) {
    say(fmt::format("'{}' is missing", name));
    return nullptr;
  }
  found->asked = true;
  return &*found;
}

}  // namespace airssys::wasm
