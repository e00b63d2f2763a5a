#include "airssys/wasm/security/audit_line.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "airssys/base/text.h"
#include "audit_format.h"

namespace airssys::wasm {
namespace {

using Json = nlohmann::json;

constexpr std::size_t check_digits = 2 * sizeof(AuditLine::check), hash_digits = 2 * sizeof(AuditHash);

// Where the check or the hash begins; npos: nowhere.
std::size_t body_bytes(std::string_view line) {
  if (!line.ends_with(audit_line_end)) return std::string_view::npos;
  for (const auto& [begin, digits] : {std::pair(audit_check_begin, check_digits), std::pair(audit_hash_begin, hash_digits)}) {
    const std::size_t bytes = begin.size() + digits + audit_line_end.size();
    if (line.size() > bytes && line.substr(line.size() - bytes).starts_with(begin)) return line.size() - bytes;
  }
  return std::string_view::npos;
}

std::unexpected<Error> wrong(std::string why) { return fail(Code::corrupt, "not a line of an audit log: " + std::move(why)); }

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

// So many digits as it has bytes.
template <class Number>
std::optional<Number> parse_hex(std::string_view text) {
  Number number = 0;
  if (text.size() != 2 * sizeof(number)) return std::nullopt;
  for (const char c : text) {
    const auto digit = digit_of(c);
    if (!digit) return std::nullopt;
    number = number << 4 | *digit;
  }
  return number;
}

// The fields that have to be there, in no order; true when this is one of them, or one of those that may be.
struct Fields {
  AuditLine line;
  unsigned seen = 0;
  std::optional<std::uint64_t> version;

  [[nodiscard]] bool has_check() const { return (seen >> 14 & 1) != 0; }
  bool take(std::string_view name, const Json& value) {
    if (name == "seq") return number(value, line.seq, 0) && line.seq > 0;
    if (name == "time") return value.is_string() && set(line.time, parse_audit_time(value.get_ref<const std::string&>()), 1);
    if (name == "component") return text(value, line.component, 2);
    if (name == "action") return text(value, line.action, 3);
    if (name == "resource") return text(value, line.resource, 4);
    if (name == "decision") return decision(value);
    if (name == "rule") return text(value, line.rule, 6);
    if (name == "session")
      return value.is_string() && set(line.session, parse_hex<std::uint64_t>(value.get_ref<const std::string&>()), 7);
    if (name == "count") return number(value, line.count, 13) && line.count > 1;
    if (name == "hash") return value.is_string() && (line.hash = parse_audit_hash(value.get_ref<const std::string&>()));
    if (name == "check")
      return value.is_string() && set(line.check, parse_hex<std::uint32_t>(value.get_ref<const std::string&>()), 14);
    if (name == "cut") return value.is_boolean() && (line.cut = value.get<bool>());
    if (name == "place") return text(value, line.place, 8);
    if (name == "number") return number(value, line.number, 9) && line.number > 0;
    if (name == "last") return number(value, line.last, 10);
    if (name == "version") return number(value, version.emplace(), 11);
    if (name == "after") return value.is_string() && (line.after = parse_audit_hash(value.get_ref<const std::string&>()));
    return false;
  }
  static constexpr unsigned needed = (1 << 8) - 1;

 private:
  template <class T>
  bool set(T& into, const std::optional<T>& value, int place) {
    if (!value) return false;
    into = *value;
    seen |= 1u << place;
    return true;
  }
  bool number(const Json& value, std::uint64_t& into, int place) {
    return value.is_number_unsigned() && set(into, std::optional(value.get<std::uint64_t>()), place);
  }
  bool text(const Json& value, std::string& into, int place) {
    return value.is_string() && set(into, std::optional(value.get<std::string>()), place);
  }
  bool decision(const Json& value) {
    for (const AuditDecision one : {AuditDecision::allow, AuditDecision::deny})
      if (value.is_string() && value.get_ref<const std::string&>() == audit_decision_name(one))
        return set(line.decision, std::optional(one), 5);
    return false;
  }
};

}  // namespace

Result<AuditLine> AuditLine::parse(std::string_view line) {
  if (line.size() > max_bytes) return wrong(fmt::format("{} bytes, of {} at most", line.size(), max_bytes));
  if (!line.starts_with("{\"seq\":") || body_bytes(line) == std::string_view::npos)
    return wrong("it does not begin with its number and end with its check or hash");
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return wrong("no JSON");
  Fields fields;
  for (const auto& [name, value] : json.items())
    if (!fields.take(name, value)) return wrong("the field " + airssys::quoted(name, 40));
  if ((fields.seen & Fields::needed) != Fields::needed) return wrong("a field is missing");
  if (fields.line.hash.has_value() == fields.has_check()) return wrong("either 'check' or 'hash' is needed");
  if (fields.line.last == 0) fields.line.last = fields.line.number;
  if (fields.line.last < fields.line.number) return wrong("'last' is before 'number'");
  if (fields.version.has_value() != fields.line.after.has_value()) return wrong("'version' and 'after' come together");
  if (fields.version && *fields.version != format_version)
    return wrong(fmt::format("version {}; this host reads version {}", *fields.version, format_version));
  return std::move(fields.line);
}

std::string_view audit_line_body(std::string_view line) { return line.substr(0, body_bytes(line)); }

AuditHash audit_hash_of(std::string_view line, const AuditHash& before) {
  AuditHasher hasher(before);
  hasher.add(audit_line_body(line));
  return hasher.hash();
}

std::uint32_t audit_check_of(std::string_view line) { return crc32c(audit_line_body(line)); }

std::optional<AuditHash> parse_audit_hash(std::string_view text) {
  AuditHash hash;
  if (text.size() != hash_digits) return std::nullopt;
  for (std::size_t n = 0; n < hash.size(); ++n) {
    const auto high = digit_of(text[2 * n]), low = digit_of(text[2 * n + 1]);
    if (!high || !low) return std::nullopt;
    hash[n] = static_cast<unsigned char>(*high << 4 | *low);
  }
  return hash;
}

std::optional<WallTime> parse_audit_time(std::string_view text) {
  static constexpr std::string_view shape = "0000-00-00T00:00:00.000000000Z";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t n = 0; n < shape.size(); ++n)
    if (shape[n] == '0' ? text[n] < '0' || text[n] > '9' : text[n] != shape[n]) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t length) {
    unsigned number = 0;
    std::from_chars(text.data() + at, text.data() + at + length, number);
    return number;
  };
  using namespace std::chrono;
  const year_month_day date(year(static_cast<int>(part(0, 4))), month(part(5, 2)), day(part(8, 2)));
  if (!date.ok() || part(11, 2) > 23 || part(14, 2) > 59 || part(17, 2) > 59) return std::nullopt;
  // What is past it does not fit into nanoseconds of 64 bits.
  if (date.year() < year(1970) || date.year() > year(2261)) return std::nullopt;
  return WallTime(sys_days(date).time_since_epoch() + hours(part(11, 2)) + minutes(part(14, 2)) + seconds(part(17, 2)) +
                  nanoseconds(part(20, 9)));
}

}  // namespace airssys::wasm
