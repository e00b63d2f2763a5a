#include <fmt/format.h>
#include <sodium.h>

#include <nlohmann/json.hpp>

#include "airssys/base/text.h"
#include "airssys/wasm/security/keypair.h"
#include "encoding.h"
#include "private_file.h"
#include "secret_text.h"

namespace airssys::wasm {
namespace {

// All strings of it are wiped.
using SecretJson = nlohmann::basic_json<std::map, std::vector, SecretText>;

constexpr std::string_view remedy = "make a new one with 'airssys-wasm keygen', or restore the file from its backup";

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  return fail(Code::key_unavailable, fmt::format("{}: {}; {}", printable(name, 4096), what, remedy));
}

const SecretText* text_field(const SecretJson& document, const char* name) {
  const auto found = document.find(SecretText(name));
  return found != document.end() && found->is_string() ? found->get_ptr<const SecretText*>() : nullptr;
}

// What is said besides the keys has to be what this version knows. The form with the two keys alone is an older one.
Result<> check_header(const SecretJson& document, std::string_view name) {
  for (const auto& [key, value] : document.items()) {
    if (key == "version") {
      if (!value.is_number_integer() || value != 1) return wrong(name, "its 'version' is not 1, the one that this program knows");
    } else if (key == "algorithm") {
      if (!value.is_string() || value != "ed25519") return wrong(name, "its 'algorithm' is not \"ed25519\"");
    } else if (key != "public_key" && key != "secret_key") {
      return wrong(name, fmt::format("it has a field {}, which no key file has",
                                     airssys::quoted(std::string_view(key.data(), key.size()))));
    }
  }
  return {};
}

class Seed {
 public:
  Seed() = default;
  ~Seed() { sodium_memzero(bytes.data(), bytes.size()); }
  Seed(const Seed&) = delete;
  Seed& operator=(const Seed&) = delete;
  std::array<std::byte, 64> bytes{};
};

}  // namespace

Result<Keypair> Keypair::parse(std::string_view text, std::string_view name) {
  const SecretJson document = SecretJson::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) return wrong(name, "is no key file: not a JSON object");
  AIRSSYS_TRY_VOID(check_header(document, name));
  const SecretText* secret = text_field(document, "secret_key");
  const SecretText* shown = text_field(document, "public_key");
  if (secret == nullptr || shown == nullptr) return wrong(name, "'public_key' or 'secret_key' is missing or no string");
  Seed seed;
  // The seed, or the seed and the public key behind it.
  if (!from_hex(*secret, std::span(seed.bytes).first<32>()) && !from_hex(*secret, seed.bytes))
    return wrong(name, "'secret_key' is not 64 hex digits");
  auto made = from_seed(std::span(seed.bytes).first<32>());
  if (!made) return made;
  std::array<std::byte, 32> key{};
  if (!from_hex(*shown, key)) return wrong(name, "'public_key' is not 64 hex digits");
  const bool both = secret->size() == 2 * seed.bytes.size();
  if (key != made->public_key().bytes() ||
      (both && !std::ranges::equal(std::span(seed.bytes).last<32>(), made->public_key().bytes())))
    return wrong(name, "'public_key' does not belong to 'secret_key'");
  return made;
}

Result<Keypair> Keypair::read(const std::filesystem::path& file) {
  const auto text = read_private(file, max_keypair_bytes, Code::key_unavailable);
  if (text) return parse(*text, file.native());
  if (text.error().code() == Code::not_found)
    return fail(Code::key_unavailable, fmt::format("{}: there is no key; make one with 'airssys-wasm keygen'", shown(file)));
  return fail(Code::key_unavailable, text.error().message());
}

Result<> Keypair::write(const std::filesystem::path& file, Existing existing) const {
  SecretText seed(2 * crypto_sign_SEEDBYTES + 1, '\0');
  sodium_bin2hex(seed.data(), seed.size(), reinterpret_cast<const unsigned char*>(secret_.get()), crypto_sign_SEEDBYTES);
  seed.pop_back();
  SecretText text;
  text.reserve(max_keypair_bytes);
  fmt::format_to(
      std::back_inserter(text),
      "{{\n  \"version\": 1,\n  \"algorithm\": \"ed25519\",\n  \"public_key\": \"{}\",\n  \"secret_key\": \"{}\"\n}}\n",
      public_key_.hex(), std::string_view(seed));
  auto saved = save_private(file, text, existing == Existing::replace ? Replace::silently : Replace::never);
  if (!saved && saved.error().code() == Code::already_exists)
    return fail(Code::already_exists,
                fmt::format("{}: there is a key already, which signs what you published; keep it, write to another file with -o, "
                            "or replace it with --force",
                            shown(file)));
  return saved;
}

}  // namespace airssys::wasm
