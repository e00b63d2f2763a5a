// NetworkHost: one spelling for each name and address.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "airssys/base/text.h"
#include "airssys/wasm/core/endpoint_pattern.h"

namespace airssys::wasm {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::unexpected<Error> wrong(std::string_view text, std::string_view why) {
  return fail(Code::invalid_argument, fmt::format("{}: host {}", quoted(text), why));
}

// Lower-case ASCII of a name of any script.
Result<std::string> ascii_of(std::string_view text) {
  std::string name(text);
  if (std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return name;
  }
  char* made = nullptr;
  const int code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(name.c_str()), reinterpret_cast<std::uint8_t**>(&made),
                                  IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(made, idn2_free);
  if (code != IDN2_OK) return wrong(text, fmt::format("is no internationalized domain name ({})", idn2_strerror(code)));
  return std::string(made);
}

// Labels of letters, digits, '-' and '_' (services are named with it); empty: nothing is wrong.
std::string_view wrong_with_name(std::string_view name) noexcept {
  if (name.empty()) return "is empty";
  if (name.size() > NetworkHost::max_name_bytes) return "is longer than 253 bytes";
  std::string_view last;
  for (std::string_view rest = name;;) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    last = rest.substr(0, dot);
    if (last.empty()) return "has two '.' in a row, or begins with one";
    if (last.size() > 63) return "has a part that is longer than 63 bytes";
    if (last.front() == '-' || last.back() == '-') return "has a part that begins or ends with '-'";
    if (!std::ranges::all_of(last, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_'; }))
      return "has something else than letters, digits, '-' and '_'";
    if (dot == rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
  if (std::ranges::all_of(last, is_digit) || last.starts_with("0x"))
    return "ends in a number, so it is no name, and no address of four decimal numbers without leading zeros either";
  return {};
}

std::optional<std::array<std::uint8_t, 4>> ipv4(std::string_view text) noexcept {
  std::array<std::uint8_t, 4> address{};
  char copy[INET_ADDRSTRLEN] = {};
  if (text.size() >= sizeof copy || text.contains('\0')) return std::nullopt;
  std::ranges::copy(text, copy);
  if (inet_pton(AF_INET, copy, address.data()) != 1) return std::nullopt;
  return address;
}

std::string show(const std::array<std::uint8_t, 4>& a) { return fmt::format("{}.{}.{}.{}", a[0], a[1], a[2], a[3]); }

// Of the bytes of an IPv6 address.
bool is_mapped_ipv4(const std::array<std::uint8_t, 16>& a) noexcept {
  return std::all_of(a.begin(), a.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) && a[10] == 0xff && a[11] == 0xff;
}

}  // namespace

std::string_view protocol_name(Protocol protocol) noexcept {
  constexpr std::array<std::string_view, 4> names{"tcp", "udp", "http", "https"};
  return names[static_cast<std::size_t>(protocol)];
}

Result<NetworkHost> NetworkHost::parse(std::string_view text) {
  const bool bracketed = text.starts_with('[') && text.ends_with(']') && text.size() > 1;
  const std::string_view inner = bracketed ? text.substr(1, text.size() - 2) : text;
  if (bracketed || inner.contains(':')) {
    std::array<std::uint8_t, 16> address{};
    char copy[INET6_ADDRSTRLEN] = {};
    const bool fits = inner.size() < sizeof copy && !inner.contains('\0');
    if (fits) std::ranges::copy(inner, copy);
    if (!fits || inet_pton(AF_INET6, copy, address.data()) != 1)
      return wrong(text, "is no IPv6 address; write it as in '2001:db8::1', without a zone");
    if (is_mapped_ipv4(address)) return NetworkHost(Kind::ipv4, show({address[12], address[13], address[14], address[15]}));
    return NetworkHost(Kind::ipv6, inet_ntop(AF_INET6, address.data(), copy, sizeof copy));
  }
  if (const auto address = ipv4(inner)) return NetworkHost(Kind::ipv4, show(*address));
  // Longer than that it is no name in any script; and a NUL would end it early.
  if (inner.size() > 4 * max_name_bytes || inner.contains('\0')) return wrong(text, "is no name");
  AIRSSYS_TRY(std::string name, ascii_of(inner));
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  if (const std::string_view why = wrong_with_name(name); !why.empty()) return wrong(text, why);
  return NetworkHost(Kind::name, std::move(name));
}

bool NetworkHost::is_unspecified() const noexcept {
  return (kind_ == Kind::ipv4 && text_ == "0.0.0.0") || (kind_ == Kind::ipv6 && text_ == "::");
}

bool NetworkHost::is_loopback() const noexcept {
  switch (kind_) {
    case Kind::name: return text_ == "localhost" || text_.ends_with(".localhost");
    case Kind::ipv4: return text_.starts_with("127.") || is_unspecified();
    case Kind::ipv6: return text_ == "::1" || is_unspecified();
  }
  return false;
}

}  // namespace airssys::wasm
