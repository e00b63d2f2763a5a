#include "security_json.h"

#include <nlohmann/json.hpp>

#include "airssys/wasm/security/signature.h"
#include "json_text.h"

namespace airssys::cli {

std::string key_json(const KeyResult& result) { return json_text({{"file", result.file}, {"public_key", result.public_key}}); }

std::string sign_json(const SignResult& result) {
  return json_text({{"name", result.name},
                    {"version", result.version},
                    {"author", result.author},
                    {"signed_at", result.signed_at},
                    {"written", result.files}});
}

std::string verify_json(const VerifyResult& result, const std::optional<Error>& failure) {
  Json checks = Json::array();
  for (std::size_t i = 0; i < wasm::signature_check_count; ++i) {
    const bool failed = failure.has_value() && i == result.passed;
    checks.push_back({{"check", wasm::signature_check_name(static_cast<wasm::SignatureCheck>(i))},
                      {"state", i < result.passed ? "passed"
                                : failed          ? "failed"
                                                  : "not-checked"}});
  }
  Json document{{"name", result.name},         {"version", result.version},  {"file", result.wasm_file},
                {"verified", !failure},        {"author", result.author},    {"signed_at", result.signed_at},
                {"checks", std::move(checks)}, {"warnings", result.warnings}};
  if (failure) document["error"] = problem_json(failure->code(), failure->message());
  return json_text(document);
}

}  // namespace airssys::cli
