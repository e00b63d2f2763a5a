// Where on a network a component may go, and where it may listen (R4.5).
//
//   api.example.com:443           that name, in any spelling: upper case, a dot at the end, letters of any script
//   *.cdn.example.com:443         names below it, at any depth; not cdn.example.com itself
//   192.0.2.7:53, [2001:db8::1]:443   that address, in any spelling
//   *:443, api.example.com:*      any name, any port
//   udp:192.0.2.7:53              by that protocol only: tcp, udp, http, https; without, by any
//   127.0.0.1:9000                inbound: listen there
//   0.0.0.0:8080, [::]:8080, *:8080   inbound: listen at any address of IPv4, of IPv6, of either
//
// What is compared is what was asked for. A name matches patterns of names only and an address those of addresses only: `*:443`
// means no address, because nobody would see in a review that it reaches the machines inside. Whoever connects uses the address
// that was resolved for this check.
//
// Values; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys::wasm {

enum class Protocol : std::uint8_t { tcp, udp, http, https };
[[nodiscard]] std::string_view protocol_name(Protocol protocol) noexcept;

// Whom a guest asks for: a DNS name or an address, in its one canonical spelling.
class NetworkHost {
 public:
  enum class Kind : std::uint8_t { name, ipv4, ipv6 };
  static constexpr std::size_t max_name_bytes = 253;

  // A name, an IPv4 address, an IPv6 address with or without brackets. Names are made ASCII and lower case (IDNA 2008, UTS 46);
  // an IPv4 address in IPv6 (::ffff:192.0.2.7) is the IPv4 address. Otherwise invalid_argument: what is wrong with it; names that
  // end in a number are, because some resolvers take `127.1` or `0x7f000001` for an address.
  [[nodiscard]] static Result<NetworkHost> parse(std::string_view text);

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_name() const noexcept { return kind_ == Kind::name; }
  // Without brackets.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // 0.0.0.0 or ::, which as a place to listen is every address, and as a destination this machine.
  [[nodiscard]] bool is_unspecified() const noexcept;
  // This machine: 127.0.0.0/8, ::1, `localhost` and names below it, and the unspecified addresses.
  [[nodiscard]] bool is_loopback() const noexcept;

  friend bool operator==(const NetworkHost&, const NetworkHost&) = default;

 private:
  NetworkHost(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  Kind kind_;
  std::string text_;
};

struct Endpoint {
  Protocol protocol = Protocol::tcp;
  NetworkHost host;
  std::uint16_t port = 0;  // 0: listen at any that is free

  // `[proto:]host:port`; without a protocol it is tcp. Otherwise invalid_argument: what is wrong.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view text);
  // Parses to the same.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// The part for the host: `*`, `*.suffix`, a name or an address. By itself what dns-lookup is granted for.
class HostPattern {
 public:
  [[nodiscard]] static Result<HostPattern> parse(std::string_view text);
  [[nodiscard]] static HostPattern any() { return HostPattern(Kind::any, "*"); }
  [[nodiscard]] static HostPattern exactly(const NetworkHost& host) { return HostPattern(host); }

  [[nodiscard]] bool matches(const NetworkHost& host) const noexcept;
  [[nodiscard]] bool covers(const HostPattern& other) const noexcept;
  [[nodiscard]] bool overlaps(const HostPattern& other) const noexcept { return covers(other) || other.covers(*this); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool is_any() const noexcept { return kind_ == Kind::any; }
  [[nodiscard]] bool has_wildcard() const noexcept { return kind_ != Kind::exact; }
  // When it has no wildcard.
  [[nodiscard]] const std::optional<NetworkHost>& host() const noexcept { return host_; }

  friend bool operator==(const HostPattern& a, const HostPattern& b) noexcept { return a.text_ == b.text_; }

 private:
  enum class Kind : std::uint8_t { any, below, exact };
  HostPattern(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  explicit HostPattern(const NetworkHost& host) : kind_(Kind::exact), text_(host.text()), host_(host) {}
  [[nodiscard]] std::string_view suffix() const noexcept { return std::string_view(text_).substr(1); }  // below: ".example.com"

  Kind kind_;
  std::string text_;  // canonical
  std::optional<NetworkHost> host_;
};

enum class Direction : std::uint8_t { outbound, inbound };

class EndpointPattern {
 public:
  // `[proto:]host:port`. Otherwise invalid_argument: what is wrong, and at which byte.
  [[nodiscard]] static Result<EndpointPattern> parse(std::string_view text, Direction direction);
  // invalid_argument: nobody can go there (port 0), or listen there (a name).
  [[nodiscard]] static Result<EndpointPattern> exactly(const Endpoint& endpoint, Direction direction);

  // Inbound: whether it may listen there.
  [[nodiscard]] bool matches(const Endpoint& endpoint) const noexcept {
    return (!protocol_ || *protocol_ == endpoint.protocol) && matches_port(endpoint.port) && matches_host(endpoint.host);
  }
  // Whether this matches everything that `other`, of the same direction, matches.
  [[nodiscard]] bool covers(const EndpointPattern& other) const noexcept;
  // Whether something matches both.
  [[nodiscard]] bool overlaps(const EndpointPattern& other) const noexcept;

  // As it was written.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] Direction direction() const noexcept { return direction_; }
  [[nodiscard]] std::optional<Protocol> protocol() const noexcept { return protocol_; }  // none: any
  [[nodiscard]] const HostPattern& host() const noexcept { return host_; }
  [[nodiscard]] std::optional<std::uint16_t> port() const noexcept { return port_; }  // none: any
  // Whether it is more than one host: a wildcard, or listening at every address.
  [[nodiscard]] bool has_wildcard_host() const noexcept;

  friend bool operator==(const EndpointPattern& a, const EndpointPattern& b) noexcept {
    return a.text_ == b.text_ && a.direction_ == b.direction_;
  }

 private:
  EndpointPattern(std::string text, Direction direction, std::optional<Protocol> protocol, HostPattern host,
                  std::optional<std::uint16_t> port)
      : text_(std::move(text)),
        host_(std::move(host)),
        port_(port),
        protocol_(protocol),
        direction_(direction) {}
  // Port 0 is none to go to; to listen at, it is any.
  [[nodiscard]] bool matches_port(std::uint16_t port) const noexcept {
    return port_ ? *port_ == port : port != 0 || direction_ == Direction::inbound;
  }
  [[nodiscard]] bool matches_host(const NetworkHost& host) const noexcept;
  [[nodiscard]] bool covers_host(const EndpointPattern& other) const noexcept;

  std::string text_;
  HostPattern host_;
  std::optional<std::uint16_t> port_;
  std::optional<Protocol> protocol_;
  Direction direction_;
};

}  // namespace airssys::wasm
