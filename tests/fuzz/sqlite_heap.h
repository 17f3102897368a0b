// SQLite's allocations in lists of our own, for harnesses that open thousands of connections: AddressSanitizer's
// take half of the time. What SQLite has freed is poisoned until it is given out again, so that code of ours that
// reads on in a column which has gone is found all the same.
//
// Threads: one, as everything of a harness; SQLite's mutexes are off.
#pragma once

namespace hpsearch::fuzz {

// To be called before anything else of SQLite.
void TakeOverSqliteHeap();

}  // namespace hpsearch::fuzz
