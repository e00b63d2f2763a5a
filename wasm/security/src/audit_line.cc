#include "airssys/wasm/security/audit_line.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

using Json = nlohmann::json;

// What every line ends with: the hash's 64 digits, and what is around them.
constexpr std::string_view hash_begin = ",\"hash\":\"", hash_end = "\"}";
constexpr std::size_t hash_digits = 2 * sizeof(AuditHash);
constexpr std::size_t tail_bytes = hash_begin.size() + hash_digits + hash_end.size();

std::unexpected<Error> wrong(std::string why) { return fail(Code::corrupt, "not a line of an audit log: " + std::move(why)); }

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_session(std::string_view text) {
  std::uint64_t session = 0;
  if (text.size() != 16) return std::nullopt;
  for (const char c : text) {
    const auto digit = digit_of(c);
    if (!digit) return std::nullopt;
    session = session << 4 | *digit;
  }
  return session;
}

// The fields that have to be there, in no order; true when this is one of them, or one of those that may be.
struct Fields {
  AuditLine line;
  unsigned seen = 0;
  std::optional<std::uint64_t> version;

  bool take(std::string_view name, const Json& value) {
    if (name == "seq") return number(value, line.seq, 0) && line.seq > 0;
    if (name == "time") return value.is_string() && set(line.time, parse_audit_time(value.get_ref<const std::string&>()), 1);
    if (name == "component") return text(value, line.component, 2);
    if (name == "action") return text(value, line.action, 3);
    if (name == "resource") return text(value, line.resource, 4);
    if (name == "decision") return decision(value);
    if (name == "rule") return text(value, line.rule, 6);
    if (name == "session") return value.is_string() && set(line.session, parse_session(value.get_ref<const std::string&>()), 7);
    if (name == "count") return number(value, line.count, 8) && line.count > 0;
    if (name == "hash") return value.is_string() && set(line.hash, parse_audit_hash(value.get_ref<const std::string&>()), 9);
    if (name == "cut") return value.is_boolean() && (line.cut = value.get<bool>());
    if (name == "place") return text(value, line.place, 11);
    if (name == "number") return number(value, line.number, 12) && line.number > 0;
    if (name == "last") return number(value, line.last, 13);
    if (name == "version") return number(value, version.emplace(), 10);
    if (name == "after") return value.is_string() && (line.after = parse_audit_hash(value.get_ref<const std::string&>()));
    return false;
  }
  static constexpr unsigned needed = (1 << 10) - 1;

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
  const bool framed = line.size() > tail_bytes && line.starts_with("{\"seq\":") && line.ends_with(hash_end) &&
                      line.substr(line.size() - tail_bytes).starts_with(hash_begin);
  if (!framed) return wrong("it does not begin with its number and end with its hash");
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return wrong("no JSON");
  Fields fields;
  for (const auto& [name, value] : json.items())
    if (!fields.take(name, value)) return wrong("the field " + airssys::quoted(name, 40));
  if (fields.seen % (1u << 10) != Fields::needed) return wrong("a field is missing");
  if (fields.line.last == 0) fields.line.last = fields.line.number;
  if (fields.line.last < fields.line.number) return wrong("'last' is before 'number'");
  if (fields.version.has_value() != fields.line.after.has_value()) return wrong("'version' and 'after' come together");
  if (fields.version && *fields.version != format_version)
    return wrong(fmt::format("version {}; this host reads version {}", *fields.version, format_version));
  return std::move(fields.line);
}

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
