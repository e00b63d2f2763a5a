#include "../src/size_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace airssys::wasm {
namespace {

TEST(SizeCache, KnowsWhatItWasToldOrNothing) {
  SizeCache cache;
  EXPECT_FALSE(cache.find("k"));
  for (const std::uint64_t size : {0u, 1u, 1u << 20}) {
    cache.put("k", size);
    EXPECT_EQ(cache.find("k"), std::optional(std::optional(size)));
  }
  cache.put("k", std::nullopt);
  ASSERT_TRUE(cache.find("k"));
  EXPECT_FALSE(*cache.find("k"));
  cache.put("k", std::uint64_t{1} << 22);  // more than it has room for
  EXPECT_FALSE(cache.find("k"));
}

TEST(SizeCache, ForgetsRatherThanErrs) {
  SizeCache cache;
  std::mt19937_64 random(1);
  std::map<std::string, std::uint64_t> model;
  for (int n = 0; n < 300'000; ++n) {
    const std::string key = "component:default/a:" + std::to_string(random() % 200'000);
    const std::uint64_t size = random() % 1'000'000;
    cache.put(key, size);
    model[key] = size;
  }
  std::size_t known = 0;
  for (const auto& [key, size] : model)
    if (const auto found = cache.find(key)) {
      ++known;
      ASSERT_EQ(*found, std::optional(size)) << key;
    }
  EXPECT_GT(known, model.size() * 3 / 4);
}

}  // namespace
}  // namespace airssys::wasm
