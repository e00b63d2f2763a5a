#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "airssys/base/text.h"
#include "airssys/wasm/security/signature.h"

namespace airssys::wasm {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> wrong(std::string_view file_name, std::string_view what) {
  return fail(Code::invalid_signature,
              fmt::format("{}: {}; make it again with 'airssys-wasm sign --detached'", printable(file_name, 4096), what));
}

}  // namespace

std::string detached_signature(const ManifestSignature& signature) {
  nlohmann::ordered_json payload{{"payload_version", signature.payload_version},
                                 {"wasm_hash", signature.wasm_hash},
                                 {"component_name", signature.component_name},
                                 {"component_version", signature.component_version},
                                 {"signed_at", signature.signed_at}};
  if (!signature.manifest_hash.empty()) payload["manifest_hash"] = signature.manifest_hash;
  const nlohmann::ordered_json document{{"author_public_key", signature.author_public_key},
                                        {"signature", signature.signature},
                                        {"signature_payload", std::move(payload)}};
  return document.dump(2) + "\n";
}

Result<ManifestSignature> parse_detached_signature(std::string_view text, std::string_view file_name) {
  if (text.size() > max_detached_signature_bytes) return wrong(file_name, "is too long for a signature");
  const Json document = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) return wrong(file_name, "is no signature: not a JSON object");
  const auto payload = document.find("signature_payload");
  if (payload == document.end() || !payload->is_object()) return wrong(file_name, "'signature_payload' is missing or no object");
  ManifestSignature signature;
  const struct {
    const Json& where;
    const char* name;
    std::string& into;
    bool required;
  } fields[]{{document, "author_public_key", signature.author_public_key, true},
             {document, "signature", signature.signature, true},
             {*payload, "wasm_hash", signature.wasm_hash, true},
             {*payload, "component_name", signature.component_name, true},
             {*payload, "component_version", signature.component_version, true},
             {*payload, "signed_at", signature.signed_at, true},
             {*payload, "manifest_hash", signature.manifest_hash, false}};
  for (const auto& field : fields) {
    const auto found = field.where.find(field.name);
    if (found == field.where.end() ? field.required : !found->is_string())
      return wrong(file_name, fmt::format("'{}' is missing or no string", field.name));
    if (found != field.where.end()) field.into = found->get<std::string>();
  }
  const auto version = payload->find("payload_version");
  if (version == payload->end() || !version->is_number_unsigned() || (*version != 1 && *version != 2))
    return wrong(file_name, "'payload_version' is neither 1 nor 2");
  signature.payload_version = version->get<std::uint32_t>();
  return signature;
}

}  // namespace airssys::wasm
