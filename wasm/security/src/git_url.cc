#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "airssys/wasm/security/trust_config.h"

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;

struct Scheme {
  std::string_view name, port;
};
constexpr std::array schemes{Scheme{"ssh"sv, ":22"sv}, Scheme{"https"sv, ":443"sv}, Scheme{"http"sv, ":80"sv},
                             Scheme{"git"sv, ":9418"sv}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// As a path, so that the grammar of paths says what a pattern means: "/ssh/git@host/team/*".
std::string as_path(std::string_view normalised) {
  std::string path = "/" + std::string(normalised);
  const std::size_t colon = path.find("://");
  return colon == std::string::npos ? std::string() : path.replace(colon, 3, "/");
}

}  // namespace

std::string normalised_git_url(std::string_view url) {
  std::string_view scheme = "ssh", authority, path;
  if (const std::size_t mark = url.find("://"); mark != std::string_view::npos) {
    scheme = url.substr(0, mark);
    const std::string_view rest = url.substr(mark + 3);
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return {};
    authority = rest.substr(0, slash);
    path = rest.substr(slash + 1);
  } else {
    // user@host:path, as scp has it.
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos || url.substr(0, colon).contains('/')) return {};
    authority = url.substr(0, colon);
    path = url.substr(colon + 1);
    while (path.starts_with('/')) path.remove_prefix(1);
  }
  const std::string name = lower(scheme);
  const auto known = std::ranges::find(schemes, name, &Scheme::name);
  if (known == schemes.end()) return {};
  const std::size_t at = authority.rfind('@');
  std::string user(at == std::string_view::npos ? std::string_view() : authority.substr(0, at + 1));
  // A user there is a credential, and says nothing about whose repository it is.
  if (name == "https" || name == "http") user.clear();
  std::string host = lower(at == std::string_view::npos ? authority : authority.substr(at + 1));
  if (host.ends_with(known->port)) host.resize(host.size() - known->port.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  if (host.empty() || path.empty()) return {};
  return fmt::format("{}://{}{}/{}", name, user, host, path);
}

bool git_url_matches(std::string_view pattern, std::string_view url) {
  const auto compiled = PathPattern::parse(as_path(normalised_git_url(pattern)));
  return compiled && compiled->matches(as_path(normalised_git_url(url)));
}

}  // namespace airssys::wasm
