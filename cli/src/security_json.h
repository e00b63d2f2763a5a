// The JSON documents of the commands around keys, signatures and trust. Their keys are a contract with scripts:
// docs/guide/security.md.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "airssys/base/result.h"

namespace airssys::cli {

struct KeyResult {
  std::string file, public_key;
};
struct SignResult {
  std::string name, version, author, signed_at;
  std::vector<std::string> files;
};
struct VerifyResult {
  std::string name, version, wasm_file, author, signed_at;
  std::size_t passed = 0;  // of the checks, in their order
  std::vector<std::string> warnings;
};

// Each ends with a line feed.
[[nodiscard]] std::string key_json(const KeyResult& result);
[[nodiscard]] std::string sign_json(const SignResult& result);
[[nodiscard]] std::string verify_json(const VerifyResult& result, const std::optional<Error>& failure);

}  // namespace airssys::cli
