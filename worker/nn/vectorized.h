// HPSEARCH_VECTORIZED before a function's definition compiles it once for each generation of x86-64 and picks the
// best at run time, so that a binary built anywhere runs well everywhere. All versions give the same bits: nothing
// is contracted (-ffp-contract=off), no sum is reordered by the compiler, and sums that are meant to be parallel
// have a fixed number of lanes in the source.
//
// Sanitizers meet the resolvers before they are set up, and clang-tidy does not know the attribute: both take the
// one plain version.
#pragma once

#if defined(HPSEARCH_VECTORIZED)  // a test has plain loops alone
#elif defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define HPSEARCH_VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HPSEARCH_VECTORIZED
#endif
