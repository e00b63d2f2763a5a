#include "json_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "airssys/base/text.h"
#include "airssys/wasm/core/base64.h"
#include "airssys/wasm/core/multicodec.h"
#include "airssys/wasm/core/rfc3339.h"

namespace airssys::wasm {
namespace {

constexpr int max_depth = 4;
constexpr std::size_t max_keys = 64;  // of one object
constexpr std::string_view hex_begin = "0x";
constexpr std::size_t max_name_bytes = 64;  // of codecs and times

const Json& nothing() {
  static const Json empty = Json::object();
  return empty;
}

std::vector<std::string_view> codec_names() {
  std::vector<std::string_view> names;
  for (const Codec& codec : codecs())
    if (codec.supported) names.push_back(codec.name);
  return names;
}

// Watches the parser: what nlohmann-json takes and this protocol does not.
struct Watch {
  std::string wrong = {};
  std::vector<std::vector<std::string>> keys = {};  // of the objects that are open

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end && !keys.empty()) keys.pop_back();
    if (event == Event::key && !keys.empty()) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (std::ranges::find(keys.back(), name) != keys.back().end())
        say(fmt::format("the key {} is there twice", airssys::quoted(name)));
      if (keys.back().size() >= max_keys)
        say(fmt::format("an object with more than {} keys", max_keys));
      else
        keys.back().push_back(name);
    }
    if (depth > max_depth) say(fmt::format("nested deeper than {}", max_depth));
    return wrong.empty();
  }
  void say(std::string what) {
    if (wrong.empty()) wrong = std::move(what);
  }
};

}  // namespace

Result<Json> parse_json_line(std::string_view line) {
  Watch watch;
  try {
    Json document =
        Json::parse(line, [&](int depth, Json::parse_event_t event, Json& parsed) { return watch(depth, event, parsed); });
    if (!watch.wrong.empty()) return fail(Code::invalid_argument, watch.wrong);
    if (!document.is_object()) return fail(Code::invalid_argument, "no JSON object; write one of {…} on each line");
    return document;
  } catch (const Json::parse_error& error) {
    return fail(Code::invalid_argument,
                fmt::format("no JSON at byte {} of the line; write one object of {{…}} on it", error.byte));
  } catch (const Json::exception& error) {
    return fail(Code::invalid_argument, fmt::format("no JSON: {}", printable(error.what(), 200)));
  }
}

std::string json_line(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

JsonFields::JsonFields(const Json& object) : object_(object.is_object() ? object : nothing()) {
  if (!object.is_object()) say("is no object");
}

void JsonFields::say(std::string what) {
  if (wrong_.empty()) wrong_ = std::move(what);
}

const Json* JsonFields::take(const char* name, const char* kind, bool (Json::*is)() const noexcept) {
  asked_.emplace_back(name);
  const auto found = object_.find(name);
  if (found == object_.end()) {
    say(fmt::format("'{}' is missing", name));
    return nullptr;
  }
  if (((*found).*is)()) return &*found;
  say(fmt::format("'{}' is no {}", name, kind));
  return nullptr;
}

std::string JsonFields::text(const char* name, std::size_t max_bytes) {
  const Json* const value = take(name, "string", &Json::is_string);
  if (!value) return {};
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() <= max_bytes) return text;
  say(fmt::format("'{}' has {} bytes; at most {}", name, text.size(), max_bytes));
  return {};
}

std::uint64_t JsonFields::number(const char* name, std::uint64_t least, std::uint64_t most) {
  const Json* const value = take(name, "whole number that is not negative", &Json::is_number_unsigned);
  if (!value) return least;
  const auto number = value->get<std::uint64_t>();
  if (number >= least && number <= most) return number;
  say(fmt::format("'{}' is {}; {} to {} are allowed", name, number, least, most));
  return least;
}

bool JsonFields::flag(const char* name) {
  const Json* const value = take(name, "boolean", &Json::is_boolean);
  return value && value->get<bool>();
}

Bytes JsonFields::base64(const char* name) {
  const Json* const value = take(name, "string", &Json::is_string);
  if (!value) return {};
  if (auto bytes = bytes_from_base64(value->get_ref<const std::string&>())) return *std::move(bytes);
  say(fmt::format("'{}' is no base64 with padding", name));
  return {};
}

std::uint64_t JsonFields::known_codec(const char* name) {
  const std::string text = this->text(name, max_name_bytes);
  if (const Codec* const codec = find_codec(std::string_view(text))) return codec->code;
  say(fmt::format("'{}' is {}, which is no codec; the codecs are {}", name, airssys::quoted(text),
                  fmt::join(codec_names(), ", ")));
  return 0;
}

std::optional<std::uint64_t> JsonFields::codec_or_null(const char* name) {
  if (const auto found = object_.find(name); found != object_.end() && found->is_null()) {
    asked_.emplace_back(name);
    return std::nullopt;
  }
  return any_codec(name);
}

std::uint64_t JsonFields::any_codec(const char* name) {
  const std::string text = this->text(name, max_name_bytes);
  if (const Codec* const codec = find_codec(std::string_view(text))) return codec->code;
  std::uint64_t code = 0;
  const char* const end = text.data() + text.size();
  if (text.starts_with(hex_begin)) {
    const auto [stop, error] = std::from_chars(text.data() + hex_begin.size(), end, code, 16);
    if (error == std::errc() && stop == end && code <= max_codec_code) return code;
  }
  say(fmt::format("'{}' is no codec", name));
  return 0;
}

WallTime JsonFields::time(const char* name) {
  const std::string text = this->text(name, max_name_bytes);
  if (const auto time = parse_rfc3339(text)) return *time;
  say(fmt::format("'{}' is no time", name));
  return {};
}

const Json& JsonFields::array(const char* name, std::size_t most) {
  const Json* const value = take(name, "list", &Json::is_array);
  if (value && value->size() <= most) return *value;
  if (value) say(fmt::format("'{}' has {} items; at most {}", name, value->size(), most));
  return nothing();
}

const Json& JsonFields::object(const char* name) {
  const Json* const value = take(name, "object", &Json::is_object);
  return value ? *value : nothing();
}

Result<> JsonFields::done() {
  if (wrong_.empty())
    for (const auto& [name, value] : object_.items())
      if (std::ranges::find(asked_, name) == asked_.end()) {
        const std::string_view near = nearest(name, asked_);
        say(fmt::format("the key {} is unknown{}", airssys::quoted(name),
                        near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
        break;
      }
  if (wrong_.empty()) return {};
  return fail(Code::invalid_argument, wrong_);
}

}  // namespace airssys::wasm
