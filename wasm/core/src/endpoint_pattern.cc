#include "airssys/wasm/core/endpoint_pattern.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

constexpr std::array protocols{Protocol::tcp, Protocol::udp, Protocol::http, Protocol::https};

// `[proto:]host:port`, each where it stands in the text.
struct Parts {
  std::optional<Protocol> protocol;
  std::string_view host, port;
  std::size_t host_at = 0, port_at = 0;
};

std::unexpected<Error> wrong(std::string_view text, std::size_t at, std::string_view why) {
  return fail(Code::invalid_argument, fmt::format("{}: endpoint at byte {}: {}", quoted(text), at + 1, why));
}

Result<Parts> split(std::string_view text) {
  constexpr std::string_view form = "write [tcp:|udp:|http:|https:]host:port, an IPv6 address in brackets";
  if (text.empty()) return wrong(text, 0, fmt::format("is empty; {}", form));
  Parts parts;
  std::string_view rest = text;
  for (const Protocol protocol : protocols) {
    const std::string_view name = protocol_name(protocol);
    // `http:443` is the host http: a protocol is followed by host and port.
    if (!text.starts_with(name) || !text.substr(name.size()).starts_with(':') || text.find(':', name.size() + 1) == text.npos)
      continue;
    parts.protocol = protocol;
    rest.remove_prefix(name.size() + 1);
    break;
  }
  parts.host_at = text.size() - rest.size();
  if (rest.starts_with("//")) return wrong(text, parts.host_at, fmt::format("is a URL; {}", form));
  const std::size_t colon = rest.rfind(':');
  if (colon == rest.npos || rest.ends_with(']')) return wrong(text, text.size(), "there is no port; add ':443', or ':*' for any");
  parts.host = rest.substr(0, colon);
  parts.port = rest.substr(colon + 1);
  parts.port_at = parts.host_at + colon + 1;
  const bool bracketed = parts.host.starts_with('[') && parts.host.ends_with(']');
  if (const std::size_t extra = parts.host.find(':'); extra != parts.host.npos && !bracketed) {
    const std::string_view first = parts.host.substr(0, extra);
    const bool word =
        !first.empty() && first.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == first.npos;
    return wrong(text, parts.host_at,
                 word ? fmt::format("{} is no protocol; {}", quoted(first), form) : fmt::format("too many ':'; {}", form));
  }
  return parts;
}

Result<std::uint16_t> parse_port(std::string_view text, const Parts& parts, std::uint16_t least) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(parts.port.data(), parts.port.data() + parts.port.size(), port);
  if (error != std::errc() || end != parts.port.data() + parts.port.size() || port < least ||
      (parts.port.size() > 1 && parts.port[0] == '0'))
    return wrong(text, parts.port_at, fmt::format("the port is {}, must be {} to 65535", quoted(parts.port), least));
  return port;
}

std::string bracketed(const std::string& host, bool ipv6) { return ipv6 ? fmt::format("[{}]", host) : host; }

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  AIRSSYS_TRY(const Parts parts, split(text));
  AIRSSYS_TRY(NetworkHost host, NetworkHost::parse(parts.host));
  AIRSSYS_TRY(const std::uint16_t port, parse_port(text, parts, 0));
  return Endpoint{.protocol = parts.protocol.value_or(Protocol::tcp), .host = std::move(host), .port = port};
}

std::string Endpoint::text() const {
  return fmt::format("{}:{}:{}", protocol_name(protocol), bracketed(host.text(), host.kind() == NetworkHost::Kind::ipv6), port);
}

Result<HostPattern> HostPattern::parse(std::string_view text) {
  if (text == "*") return any();
  if (!text.contains('*')) {
    AIRSSYS_TRY(const NetworkHost host, NetworkHost::parse(text));
    return HostPattern(host);
  }
  if (!text.starts_with("*.") || text.substr(1).contains('*'))
    return fail(Code::invalid_argument,
                fmt::format("{}: host: '*' may only be all of it, or its first part, as in '*.example.com'", quoted(text)));
  AIRSSYS_TRY(const NetworkHost below, NetworkHost::parse(text.substr(2)));
  if (!below.is_name())
    return fail(Code::invalid_argument, fmt::format("{}: host: '*.' stands before names, not addresses", quoted(text)));
  return HostPattern(Kind::below, "*." + below.text());
}

bool HostPattern::matches(const NetworkHost& host) const noexcept {
  switch (kind_) {
    case Kind::any: return host.is_name();
    case Kind::below: return host.is_name() && host.text().size() > suffix().size() && host.text().ends_with(suffix());
    case Kind::exact: break;
  }
  return *host_ == host;
}

bool HostPattern::covers(const HostPattern& other) const noexcept {
  if (other.host_) return matches(*other.host_);
  if (kind_ == Kind::any) return true;
  return kind_ == Kind::below && other.kind_ == Kind::below && other.suffix().ends_with(suffix());
}

Result<EndpointPattern> EndpointPattern::parse(std::string_view text, Direction direction) {
  AIRSSYS_TRY(const Parts parts, split(text));
  auto host = HostPattern::parse(parts.host);
  if (!host) return wrong(text, parts.host_at, host.error().message());
  const bool is_name = host->host() ? host->host()->is_name() : !host->is_any();
  if (direction == Direction::inbound && is_name)
    return wrong(text, parts.host_at, "names are not for listening; write an address of this machine, 0.0.0.0 for all of IPv4");
  std::optional<std::uint16_t> port;
  if (parts.port != "*") {
    AIRSSYS_TRY(port, parse_port(text, parts, 1));
  }
  return EndpointPattern(std::string(text), direction, parts.protocol, *std::move(host), port);
}

Result<EndpointPattern> EndpointPattern::exactly(const Endpoint& endpoint, Direction direction) {
  if (direction == Direction::inbound && endpoint.host.is_name())
    return fail(Code::invalid_argument, fmt::format("{}: names are not for listening; name an address", quoted(endpoint.text())));
  if (direction == Direction::outbound && endpoint.port == 0)
    return fail(Code::invalid_argument, fmt::format("{}: port 0 is none to connect to", quoted(endpoint.text())));
  const std::optional<std::uint16_t> port = endpoint.port == 0 ? std::nullopt : std::optional(endpoint.port);
  std::string text = fmt::format("{}:{}:{}", protocol_name(endpoint.protocol),
                                 bracketed(endpoint.host.text(), endpoint.host.kind() == NetworkHost::Kind::ipv6),
                                 port ? std::to_string(*port) : "*");
  return EndpointPattern(std::move(text), direction, endpoint.protocol, HostPattern::exactly(endpoint.host), port);
}

bool EndpointPattern::has_wildcard_host() const noexcept {
  return host_.has_wildcard() || (direction_ == Direction::inbound && host_.host()->is_unspecified());
}

bool EndpointPattern::matches_host(const NetworkHost& host) const noexcept {
  if (direction_ == Direction::outbound) return host_.matches(host);
  if (host.is_name()) return false;
  if (host_.is_any()) return true;
  return *host_.host() == host || (host_.host()->is_unspecified() && host_.host()->kind() == host.kind());
}

bool EndpointPattern::covers_host(const EndpointPattern& other) const noexcept {
  if (direction_ == Direction::outbound) return host_.covers(other.host_);
  return host_.is_any() || (!other.host_.is_any() && matches_host(*other.host_.host()));
}

bool EndpointPattern::covers(const EndpointPattern& other) const noexcept {
  return direction_ == other.direction_ && (!protocol_ || protocol_ == other.protocol_) && (!port_ || port_ == other.port_) &&
         covers_host(other);
}

bool EndpointPattern::overlaps(const EndpointPattern& other) const noexcept {
  return direction_ == other.direction_ && (!protocol_ || !other.protocol_ || protocol_ == other.protocol_) &&
         (!port_ || !other.port_ || port_ == other.port_) && (covers_host(other) || other.covers_host(*this));
}

}  // namespace airssys::wasm
