// A value of every kind that borsh.h and json.h know, for their tests and fuzzers.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "airssys/sdk/fields.h"

namespace airssys::testing {

enum class State : std::uint8_t { open, paid, sent };

struct Line {
  std::string item;
  std::uint16_t count = 0;
  AIRSSYS_FIELDS(item, count)
  friend bool operator==(const Line&, const Line&) = default;
};

struct Order {
  std::uint64_t id = 0;
  std::int32_t change = 0;
  bool gift = false;
  State state = State::open;
  double price = 0;
  float weight = 0;
  std::string note;
  std::vector<Line> lines;
  std::vector<std::uint8_t> stamp;
  std::array<std::int8_t, 2> place{};
  std::optional<std::string> voucher;
  std::map<std::string, std::uint32_t> stock;
  std::vector<bool> flags;
  AIRSSYS_FIELDS(id, change, gift, state, price, weight, note, lines, stamp, place, voucher, stock, flags)
  friend bool operator==(const Order&, const Order&) = default;
};

// Holds itself.
struct Tree {
  std::vector<Tree> below;
  AIRSSYS_FIELDS(below)
  friend bool operator==(const Tree&, const Tree&) = default;
};

}  // namespace airssys::testing
