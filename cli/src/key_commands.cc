#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "airssys/base/text.h"
#include "airssys/wasm/security/keypair.h"
#include "airssys/wasm/security/signature.h"
#include "commands.h"
#include "files.h"
#include "home.h"
#include "keys.h"
#include "project.h"
#include "security_json.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using wasm::Keypair;

Result<Bytes> read_signature_file(const fs::path& file) { return read_file(file, wasm::max_detached_signature_bytes); }

// [security] of the manifest, otherwise the file beside the component.
Result<wasm::ManifestSignature> find_signature(const ManifestFile& manifest, const fs::path& component) {
  if (manifest.manifest.signature) return *manifest.manifest.signature;
  const fs::path beside = component.native() + ".sig";
  const auto content = read_signature_file(beside);
  if (content) return wasm::parse_detached_signature(content->text(), beside.native());
  if (content.error().code() != Code::not_found) return std::unexpected(content.error());
  return fail(Code::invalid_signature,
              fmt::format("{}: is not signed, and there is no {}; sign it with 'airssys-wasm sign {}'", manifest.file.string(),
                          beside.string(), manifest.file.parent_path().empty() ? "." : manifest.file.parent_path().string()));
}

struct Verified {
  VerifyResult result;
  std::optional<Error> failure;
};

Result<Verified> verify_project(const VerifyOptions& options, const Context& context) {
  AIRSSYS_TRY(const ManifestFile manifest, read_manifest_file(options.project));
  const fs::path file = component_path(options.project, manifest);
  AIRSSYS_TRY(const Bytes component, read_component(file));
  AIRSSYS_TRY(const wasm::ManifestSignature signature, find_signature(manifest, file));
  AIRSSYS_TRY(const wasm::TrustConfig trust, find_trust(context));
  auto verdict =
      wasm::verify(signature, manifest.manifest, wasm::Digest::of(component.span()),
                   {.now = context.platform.wall_now(), .revoked = trust.revoked, .allow_version_1 = trust.allow_version_1});
  Verified verified{{.name = manifest.manifest.package.name.text(),
                     .version = manifest.manifest.package.version,
                     .wasm_file = file.string(),
                     .author = verdict.author ? verdict.author->text() : "",
                     .signed_at = signature.signed_at,
                     .passed = verdict.passed,
                     .warnings = std::move(verdict.warnings)},
                    std::move(verdict.failure)};
  if (!verified.failure && !options.key.empty()) {
    AIRSSYS_TRY(const wasm::PublicKey wanted, wasm::PublicKey::parse(options.key));
    if (wanted != *verdict.author)
      verified.failure =
          Error(Code::invalid_signature, fmt::format("it is signed by {}, not by {}; ask who published it which key is theirs",
                                                     verified.result.author, wanted.text()));
  }
  return verified;
}

std::string checks_text(const VerifyResult& result, bool failed, Paint paint) {
  std::string out =
      fmt::format("{} {}, {}\n", paint(Colour::bold, result.name), printable(result.version), printable(result.wasm_file));
  for (std::size_t i = 0; i < wasm::signature_check_count; ++i) {
    const auto name = wasm::signature_check_name(static_cast<wasm::SignatureCheck>(i));
    const std::string state = i < result.passed              ? paint(Colour::green, "ok     ")
                              : i == result.passed && failed ? paint(Colour::red, "failed ")
                                                             : paint(Colour::dim, "not checked");
    out += fmt::format("  {} {}\n", state, name);
  }
  if (!failed) out += fmt::format("signed by {} at {}\n", result.author, printable(result.signed_at));
  return out;
}

}  // namespace

Exit perform(const KeygenOptions& options, const Settings& settings, Context& context) {
  const auto make = [&]() -> Result<KeyResult> {
    fs::path file = options.output;
    if (file.empty()) {
      AIRSSYS_TRY(file, key_file(context));
    }
    if (options.show) {
      AIRSSYS_TRY(const Keypair keypair, Keypair::read(file));
      return KeyResult{file.string(), keypair.public_key().text()};
    }
    AIRSSYS_TRY(const Keypair keypair, Keypair::generate());
    AIRSSYS_TRY_VOID(keypair.write(file, options.force ? Keypair::Existing::replace : Keypair::Existing::refuse));
    return KeyResult{file.string(), keypair.public_key().text()};
  };
  const auto made = make();
  if (!made) return end_with(made.error(), settings, context);
  if (settings.json) {
    context.console.out(key_json(*made));
  } else {
    context.console.out(options.show ? fmt::format("{}\n", made->public_key)
                                     : fmt::format("{}\n{}\n", printable(made->file), made->public_key));
    if (!options.show && !settings.quiet)
      narration_of(settings, context.console)
          .hint("keep a copy of the file in a safe place; without it you cannot publish updates");
  }
  return Exit::ok;
}

Exit perform(const SignOptions& options, const Settings& settings, Context& context) {
  SignResult result;
  const auto sign = [&]() -> Result<> {
    AIRSSYS_TRY(const ManifestFile manifest, read_manifest_file(options.project));
    const fs::path file = component_path(options.project, manifest);
    AIRSSYS_TRY(const Bytes component, read_component(file));
    AIRSSYS_TRY(const Keypair keypair, find_keypair(options.keypair, context));
    const auto signature =
        wasm::sign(keypair, manifest.manifest, wasm::Digest::of(component.span()), context.platform.wall_now());
    AIRSSYS_TRY(const std::string text, wasm::with_signature(manifest.text, manifest.file.native(), signature));
    AIRSSYS_TRY_VOID(write_file(manifest.file, std::as_bytes(std::span(text))));
    result = {.name = manifest.manifest.package.name.text(),
              .version = manifest.manifest.package.version,
              .author = keypair.public_key().text(),
              .signed_at = signature.signed_at,
              .files = {manifest.file.string()}};
    if (!options.detached) return {};
    const fs::path beside = file.native() + ".sig";
    const std::string detached = wasm::detached_signature(signature);
    AIRSSYS_TRY_VOID(write_file(beside, std::as_bytes(std::span(detached))));
    result.files.push_back(beside.string());
    return {};
  };
  if (const auto done = sign(); !done) return end_with(done.error(), settings, context);
  if (settings.json) {
    context.console.out(sign_json(result));
    return Exit::ok;
  }
  context.console.out(
      fmt::format("{} {} signed by {} at {}\n", result.name, printable(result.version), result.author, result.signed_at));
  for (const std::string& file : result.files) context.console.out(fmt::format("{}\n", printable(file)));
  return Exit::ok;
}

Exit perform(const VerifyOptions& options, const Settings& settings, Context& context) {
  const auto verified = verify_project(options, context);
  if (!verified) return end_with(verified.error(), settings, context);
  const auto& [result, failure] = *verified;
  Narration narration = narration_of(settings, context.console);
  if (settings.json) {
    context.console.out(verify_json(result, failure));
  } else {
    context.console.out(checks_text(result, failure && result.passed < wasm::signature_check_count, settings.out));
  }
  for (const std::string& warning : result.warnings) narration.warning(warning);
  if (!failure) return Exit::ok;
  narration.error(*failure, Exit::signature);
  return Exit::signature;
}

}  // namespace airssys::cli
