// A data set on pages of 2 MiB. A batch's rows lie anywhere in it, and of small pages each row would want its own
// entry in the processor's table of addresses, which has room for a quarter of Fashion-MNIST's; looking one up
// costs more than the row. With huge pages a step of the article's network takes one or two hundredths less.
//
// Threads: any. Ownership: none; the memory is its caller's. Errors: none; a system that has no huge pages, or
// none left, leaves the memory as it is.
#pragma once

#include <cstddef>

namespace hpsearch::data {

struct Dataset;

// Asks for huge pages under what of the block fills whole ones; its bytes stay as they are.
void PreferHugePages(const void* block, std::size_t bytes);

// The same for all that a batch is gathered from.
void PreferHugePages(const Dataset& dataset);

}  // namespace hpsearch::data
