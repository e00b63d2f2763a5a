// What wildcards mean, once for bytes within a name and for names within a path: comparing two lists of elements in which some
// stand for any number of others.
#pragma once
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace airssys::wasm {

// Whether the list `wide` stands for everything that `narrow` stands for, by laying one over the other: an element of `narrow`
// is covered by one of `wide` (`covers_one(w, n)`), or by one that `is_many`, which takes any number of any. What `narrow` has
// as many only a many of `wide` takes. No is not proof that something is left out. Time: the product of both lengths at most.
template <class T, class IsMany, class CoversOne>
bool list_covers(std::span<const T> wide, std::span<const T> narrow, IsMany is_many, CoversOne covers_one) {
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t w = 0, n = 0, many = none, taken = 0;
  while (n < narrow.size()) {
    if (w < wide.size() && is_many(wide[w])) {
      many = w++;
      taken = n;
    } else if (w < wide.size() && !is_many(narrow[n]) && covers_one(wide[w], narrow[n])) {
      ++w, ++n;
    } else if (many != none) {
      w = many + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (w < wide.size() && is_many(wide[w])) ++w;
  return w == wide.size();
}

// Whether something is both what `a` and what `b` stands for; exact where `share_one` is. Time: the product of both lengths.
template <class T, class IsMany, class ShareOne>
bool lists_overlap(std::span<const T> a, std::span<const T> b, IsMany is_many, ShareOne share_one) {
  // row[j]: whether what is left of `a` from i and of `b` from j has something in common; from the ends to the beginnings.
  std::vector<bool> below(b.size() + 1), row(b.size() + 1);
  for (std::size_t i = a.size() + 1; i-- > 0;) {
    for (std::size_t j = b.size() + 1; j-- > 0;) {
      const bool a_left = i < a.size(), b_left = j < b.size();
      bool both = !a_left && !b_left;
      if (a_left && is_many(a[i])) both = below[j] || (b_left && row[j + 1]);
      if (b_left && is_many(b[j])) both = both || row[j + 1] || (a_left && below[j]);
      if (a_left && b_left && !is_many(a[i]) && !is_many(b[j])) both = below[j + 1] && share_one(a[i], b[j]);
      row[j] = both;
    }
    std::swap(row, below);
  }
  return below[0];
}

}  // namespace airssys::wasm
