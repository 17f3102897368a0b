#include "server/store/migrations.h"

namespace hpsearch::store {
namespace {

constexpr Migration kMigrations[] = {
    {
        1,
#include "server/store/migrations/0001_studies.sql.inc"
    },
    {
        2,
#include "server/store/migrations/0002_metrics.sql.inc"
    },
    {
        3,
#include "server/store/migrations/0003_extended_studies.sql.inc"
    },
    {
        4,
#include "server/store/migrations/0004_checksums.sql.inc"
    },
    {
        5,
#include "server/store/migrations/0005_chosen_points.sql.inc"
    },
    {
        6,
#include "server/store/migrations/0006_reused_trials.sql.inc"
    },
    {
        7,
#include "server/store/migrations/0007_boxes_of_rounds.sql.inc"
    },
    {
        8,
#include "server/store/migrations/0008_earlier_results.sql.inc"
    },
};

}  // namespace

std::span<const Migration> Migrations() { return kMigrations; }

int SchemaVersion() { return Migrations().back().number; }

}  // namespace hpsearch::store
