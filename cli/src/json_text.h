// What all JSON documents share. For the sources that make them: the only ones that know nlohmann-json.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "airssys/base/result.h"

namespace airssys::cli {

// Keys stay in the order in which they are written.
using Json = nlohmann::ordered_json;

// Indented, with a line feed; text that is not UTF-8 with replacement characters.
[[nodiscard]] inline std::string json_text(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// {code, message, hint}: our messages say what failed; after the last semicolon, what to do.
[[nodiscard]] inline Json problem_json(Code code, const std::string& message) {
  const auto semicolon = message.rfind("; ");
  return {{"code", code_name(code)},
          {"message", message},
          {"hint", semicolon == std::string::npos ? "" : message.substr(semicolon + 2)}};
}

}  // namespace airssys::cli
