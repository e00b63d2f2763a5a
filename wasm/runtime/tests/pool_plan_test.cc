#include "pool_plan.h"

#include <gmock/gmock.h>

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;

constexpr KernelLimits usual{.max_mappings = 65'530, .mappings = 150};

TEST(PoolPlan, MapsImagesWhereTheTableIsLongEnough) {
  const auto plan = plan_pools({}, usual);
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_TRUE(plan->copy_on_write);
}

TEST(PoolPlan, FitsThirtyTwoThousandStandardInstancesIntoTheUsualTable) {
  const auto plan = plan_pools({.max_instances = 32'000, .max_fibers = 0, .max_compact_instances = 0}, usual);
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_FALSE(plan->copy_on_write);
}

TEST(PoolPlan, FitsAHundredThousandCompactInstancesIntoTheUsualTable) {
  EXPECT_TRUE(plan_pools({.max_compact_instances = 100'000}, usual));
}

TEST(PoolPlan, NamesTheSysctlThatWouldDo) {
  const WasmtimeConfig config{.max_instances = 40'000, .max_fibers = 1000, .max_compact_instances = 0};
  const auto refused = plan_pools(config, usual);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::exhausted);
  EXPECT_THAT(refused.error().message(), HasSubstr("`sysctl -w vm.max_map_count=82926`"));
  EXPECT_TRUE(plan_pools(config, {.max_mappings = 82'926, .mappings = usual.mappings}));
  EXPECT_FALSE(plan_pools(config, {.max_mappings = 82'925, .mappings = usual.mappings}));
}

TEST(PoolPlan, CountsTheFibersOfBothClasses) {
  const WasmtimeConfig config{.max_instances = 1, .max_fibers = 16'000, .max_compact_instances = 1, .max_compact_fibers = 17'000};
  EXPECT_FALSE(plan_pools(config, usual));
  WasmtimeConfig standard_only = config;
  standard_only.max_compact_instances = 0;
  EXPECT_TRUE(plan_pools(standard_only, usual));
}

TEST(PoolPlan, ReadsTheKernelsTable) {
  const KernelLimits here = kernel_limits();
  EXPECT_GT(here.max_mappings, 1000u);
  EXPECT_GT(here.mappings, 10u);
  EXPECT_LT(here.mappings, here.max_mappings);
}

}  // namespace
}  // namespace airssys::wasm
