// Random work on each kind of backend and on an ordered map, which have to agree in every answer.
#include <random>

#include "airssys/rt/testing/seeds.h"
#include "backend_suite.h"

namespace airssys::wasm::testing {
namespace {

using Model = std::map<std::string, std::string, std::less<>>;
using BackendModel = BackendTest;

struct Random {
  explicit Random(std::uint64_t seed) : engine(seed) {}
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine); }
  // Few and short, of bytes at the borders, so that they meet.
  std::string key() {
    constexpr std::string_view letters("\0\1ab:\x7f\x80\xfe\xff", 9);
    std::string text(1 + below(4), '\0');
    for (char& c : text) c = letters[below(letters.size())];
    return text;
  }
  std::string value() { return std::string(below(8) == 0 ? below(20'000) : below(40), static_cast<char>('a' + below(26))); }
  std::mt19937_64 engine;
};

Entries expected(const Model& model, const std::string& from, const std::string& to) {
  Entries entries;
  for (auto at = model.lower_bound(from); at != model.end() && (to.empty() || at->first < to); ++at) entries.emplace_back(*at);
  return entries;
}

class World {
 public:
  World(StorageBackend& backend, std::uint64_t seed) : backend_(&backend), random_(seed) {}
  void now_on(StorageBackend& backend) { backend_ = &backend; }

  void step() {
    const std::size_t which = random_.below(keyspace_count);
    const auto space = static_cast<Keyspace>(which);
    Model& model = models_[which];
    switch (random_.below(10)) {
      case 0:
      case 1:
      case 2: return write(space, model, 1);
      case 3: return write(space, model, 1 + random_.below(30));
      case 4:
      case 5: return read(space, model);
      case 6: return scan_while_writing(space, model);
      case 7: {
        const std::string prefix = random_.key().substr(0, 1 + random_.below(2));
        const std::string end = end_of_prefix(prefix);
        EXPECT_EQ(testing::scan(*backend_, {.from = prefix, .to = end}, space), expected(model, prefix, end));
        return;
      }
      default: {
        const std::string from = random_.key();
        const std::string to = random_.key();
        EXPECT_EQ(testing::scan(*backend_, {.from = from, .to = to}, space), expected(model, from, to));
      }
    }
  }
  void compare_all() {
    for (std::size_t which = 0; which < keyspace_count; ++which)
      EXPECT_EQ(testing::scan(*backend_, {}, static_cast<Keyspace>(which)), expected(models_[which], "", ""));
  }

 private:
  void write(Keyspace space, Model& model, std::size_t count) {
    std::vector<std::pair<std::string, std::optional<std::string>>> owned(count);
    std::vector<StorageWrite> writes;
    for (auto& [key, value] : owned) {
      key = random_.key();
      if (random_.below(3) != 0) value = random_.value();
      writes.push_back({key, value});
      if (value)
        model[key] = *value;
      else
        model.erase(key);
    }
    const auto durability = random_.below(20) == 0 ? Durability::disk : Durability::process;
    ASSERT_OK(backend_->write(space, writes, durability));
  }
  void read(Keyspace space, const Model& model) {
    const std::string key = random_.key();
    const auto found = model.find(key);
    EXPECT_EQ(get(*backend_, key, space), found == model.end() ? "(none)" : found->second);
    EXPECT_EQ(size_of(*backend_, key, space), found == model.end() ? std::nullopt : std::optional(found->second.size()));
  }
  void scan_while_writing(Keyspace space, Model& model) {
    const std::string from = random_.key();
    const Entries wanted = expected(model, from, "");
    Entries found;
    ASSERT_OK(backend_->scan(space, {.from = from, .to = ""}, [&](std::string_view key, std::string_view value) {
      found.emplace_back(key, value);
      if (random_.below(4) == 0) write(space, model, 1 + random_.below(4));
      return true;
    }));
    EXPECT_EQ(found, wanted);
  }

  StorageBackend* backend_;
  Random random_;
  std::array<Model, keyspace_count> models_{};
};

TEST_P(BackendModel, AnswersLikeAnOrderedMap) {
  for (const std::uint64_t seed : rt::testing::seeds(4)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    backend.reset();
    std::filesystem::remove_all(folder.store());
    backend = open_or_fail(GetParam(), folder.store());
    ASSERT_NE(backend, nullptr);
    World world(*backend, seed);
    for (int step = 1; step <= 600 && !HasFailure(); ++step) {
      world.step();
      if (step % 150 == 0) ASSERT_OK(backend->flush());
      if (step % 200 == 0 && reopen()) {
        world.now_on(*backend);
        world.compare_all();
      }
    }
    world.compare_all();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, BackendModel, ::testing::ValuesIn(backend_kinds), kind_name);

}  // namespace
}  // namespace airssys::wasm::testing
